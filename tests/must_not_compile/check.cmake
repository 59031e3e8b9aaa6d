# Checks one file both ways: it compiles as it is, and fails with AUDITOR_MUST_NOT_COMPILE, in the words that its line
# `// expect: <regular expression>` announces, or, with `// expect first: `, in a first error of these words.
# SPDX-License-Identifier: MIT OR Apache-2.0
#
#   cmake -D COMPILER=g++ -D FILE=no_bound.cpp -D INCLUDE=../../include -P check.cmake

foreach(needed IN ITEMS COMPILER FILE INCLUDE)
  if(NOT DEFINED ${needed})
    message(FATAL_ERROR "-D ${needed}=... is missing")
  endif()
endforeach()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
# Without the lines of the source, which would match an expectation all by themselves; and in English.
execute_process(COMMAND "${COMPILER}" --version OUTPUT_VARIABLE version)
if(version MATCHES "clang")
  set(without_source -fno-caret-diagnostics)
else()
  set(without_source -fno-diagnostics-show-caret)
endif()
set(compile "${CMAKE_COMMAND}" -E env LC_ALL=C "${COMPILER}" ${flags} -std=c++20 -Wall -Wextra -Werror -fsyntax-only
            ${without_source} -I "${INCLUDE}")

file(STRINGS "${FILE}" expect REGEX "^// expect( first)?: ")
if(expect MATCHES "^// expect first")
  set(only_first ON)
endif()
string(REGEX REPLACE "^// expect( first)?: " "" expect "${expect}")
if(expect STREQUAL "")
  message(FATAL_ERROR "${FILE} has no line `// expect: <regular expression>`")
endif()

execute_process(COMMAND ${compile} "${FILE}" RESULT_VARIABLE status ERROR_VARIABLE words OUTPUT_VARIABLE words)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "The control does not compile:\n${words}")
endif()

execute_process(COMMAND ${compile} -D AUDITOR_MUST_NOT_COMPILE "${FILE}"
                RESULT_VARIABLE status ERROR_VARIABLE words OUTPUT_VARIABLE words)
if(status EQUAL 0)
  message(FATAL_ERROR "The mistake compiles.")
endif()
if(only_first AND words MATCHES "error: [^\n]*")
  set(words "${CMAKE_MATCH_0}")
endif()
if(NOT words MATCHES "${expect}")
  message(FATAL_ERROR "The mistake does not compile, but nothing says `${expect}`:\n${words}")
endif()
