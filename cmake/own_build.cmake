# What our own tests, examples and benchmarks are built with; nothing here reaches a user of the library.
# SPDX-License-Identifier: MIT OR Apache-2.0

find_package(Threads REQUIRED)

add_library(auditor_own_build INTERFACE)
target_link_libraries(auditor_own_build INTERFACE Threads::Threads)
if(MSVC)
  target_compile_options(auditor_own_build INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${AUDITOR_WARNINGS_AS_ERRORS}>:/WX>)
else()
  target_compile_options(auditor_own_build INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast
                                                     $<$<BOOL:${AUDITOR_WARNINGS_AS_ERRORS}>:-Werror>)
  # g++ 13 takes a reference into an argument for one into a temporary.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    target_compile_options(auditor_own_build INTERFACE -Wno-dangling-reference)
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)

# A test of every transport does without those that this machine has no library for.
if(TARGET auditor::beast)
  target_compile_definitions(auditor_own_build INTERFACE AUDITOR_OWN_BUILD_HAS_BEAST)
endif()

# All headers, as they are included; the core is what <auditor/auditor.hpp> reaches.
file(GLOB_RECURSE auditor_optional_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/*.hpp)
list(FILTER auditor_optional_headers EXCLUDE REGEX "^auditor/src")
set(auditor_core_headers ${auditor_optional_headers})
list(FILTER auditor_core_headers INCLUDE REGEX "^auditor/([^/]*|(impl/)?(base|model|json|query|http|operation|exchange|client)/.*)$")
list(REMOVE_ITEM auditor_optional_headers ${auditor_core_headers})

# auditor_needs(<variable> <source>...): the components whose headers the sources include.
function(auditor_needs variable)
  set(needed "")
  foreach(source IN LISTS ARGN)
    if(source MATCHES "auditor/ext/boost_asio")
      list(APPEND needed boost_asio)
    endif()
    file(STRINGS ${source} includes REGEX "^#include <((auditor|boost|curl|date|nlohmann)/|sqlite3)")
    foreach(include IN LISTS includes)
      if(include MATCHES "<auditor/ext/beast")
        list(APPEND needed beast)
      elseif(include MATCHES "<auditor/ext/boost_asio")
        list(APPEND needed boost_asio)
      elseif(include MATCHES "<auditor/transport/curl|<curl/")
        list(APPEND needed curl)
      elseif(include MATCHES "<auditor/sandbox/|<boost/")
        list(APPEND needed sandbox)
      elseif(include MATCHES "<auditor/ext/time_zone|<date/")
        list(APPEND needed time_zone)
      elseif(include MATCHES "<auditor/ext/nlohmann_json|<nlohmann/")
        list(APPEND needed nlohmann_json)
      elseif(include MATCHES "<auditor/(impl/)?queue/sqlite_(store|queue)|<sqlite3")
        list(APPEND needed sqlite)
      endif()
      if(include MATCHES "<auditor/queue/sqlite_queue")
        list(APPEND needed curl)
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES needed)
  set(${variable} ${needed} PARENT_SCOPE)
endfunction()

# auditor_keep_usable(<variable> <source>...): the sources without those that include a component that is not there; one that is left out
# is told.
function(auditor_keep_usable variable)
  set(usable "")
  foreach(source IN LISTS ARGN)
    auditor_needs(needed ${source})
    list(REMOVE_ITEM needed ${auditor_components})
    if(needed)
      file(RELATIVE_PATH shown ${PROJECT_SOURCE_DIR} ${source})
      message(STATUS "${shown} is left out: it needs auditor::${needed}")
    else()
      list(APPEND usable ${source})
    endif()
  endforeach()
  set(${variable} ${usable} PARENT_SCOPE)
endfunction()

# auditor_program(<name> <source>...): a program of ours with our warnings, linked with the components that it includes. Without
# one of them it is not built, and no target of this name exists.
function(auditor_program name)
  auditor_needs(needed ${ARGN})
  foreach(component IN LISTS needed)
    if(NOT component IN_LIST auditor_components)
      message(STATUS "${name} is left out: it needs auditor::${component}")
      return()
    endif()
  endforeach()
  list(TRANSFORM needed PREPEND auditor::)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE auditor_own_build auditor::auditor ${needed})
endfunction()

# auditor_as_unit(<variable> <name> <source>...): the sources as one unit, which tests/unity.py writes: what they include is most of what
# they cost, and much of the rest is code that each of them would have again.
option(AUDITOR_TEST_UNITY "Compile the tests of a program as one unit, and the examples too; without, each file by itself" ON)
find_package(Python3 3.9 QUIET COMPONENTS Interpreter)
function(auditor_as_unit variable name)
  if(NOT AUDITOR_TEST_UNITY OR NOT Python3_FOUND)
    set(${variable} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(script ${PROJECT_SOURCE_DIR}/tests/unity.py)
  set(unit ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  add_custom_command(OUTPUT ${unit} COMMAND Python3::Interpreter ${script} ${unit} ${ARGN} DEPENDS ${script} ${ARGN}
                     COMMENT "Writing the unit of ${name}" VERBATIM)
  set(${variable} ${unit} PARENT_SCOPE)
endfunction()

# auditor_use_compiled(<target>): what is not about the header-only form takes the library compiled, which costs less time.
set(AUDITOR_TEST_FORM compiled CACHE STRING "Form in which tests and examples use the library: compiled or header-only")
function(auditor_use_compiled target)
  if(AUDITOR_TEST_FORM STREQUAL "header-only" OR NOT TARGET ${target})
    return()
  endif()
  target_link_libraries(${target} PRIVATE auditor::compiled auditor::compiled_testing)
  get_target_property(links ${target} LINK_LIBRARIES)
  if("auditor::curl" IN_LIST links)
    target_link_libraries(${target} PRIVATE auditor::compiled_curl)
  endif()
  if("auditor::sandbox" IN_LIST links)
    target_link_libraries(${target} PRIVATE auditor::compiled_sandbox)
  endif()
endfunction()
