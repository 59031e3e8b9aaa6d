# auditor::compiled, auditor::compiled_curl, auditor::compiled_sandbox and auditor::compiled_testing: the library as code of its own instead of in each unit. They are built with the
# program and its settings, and only where something links them. Read by our build and by the installed package.
# SPDX-License-Identifier: MIT OR Apache-2.0

# auditor_add_compiled_part(<name> <source>... LINKS <target>...): auditor::<name>, if it is not there yet, with the targets that it needs.
function(auditor_add_compiled_part name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS")
  if(TARGET auditor::${name})
    return()
  endif()
  add_library(auditor_${name} STATIC EXCLUDE_FROM_ALL ${arg_UNPARSED_ARGUMENTS})
  add_library(auditor::${name} ALIAS auditor_${name})
  target_link_libraries(auditor_${name} PUBLIC ${arg_LINKS})
  target_compile_definitions(auditor_${name} PUBLIC AUDITOR_SEPARATE_COMPILATION)
  # A shared library may hold it.
  set_target_properties(auditor_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  auditor_name_for_exports(auditor_${name} ${name})
endfunction()

# auditor_add_compiled(<folder of the sources>): each part whose dependency is there; a second find_package may have brought curl.
function(auditor_add_compiled folder)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT "CXX" IN_LIST languages)
    return()
  endif()
  set(io_loop "")
  if(UNIX)
    set(io_loop ${folder}/auditor_io_loop.cpp)
  endif()
  auditor_add_compiled_part(compiled ${folder}/auditor.cpp ${folder}/auditor_queue.cpp ${io_loop} LINKS auditor::auditor)
  auditor_add_compiled_part(compiled_sandbox ${folder}/auditor_sandbox.cpp LINKS auditor::compiled)
  auditor_add_compiled_part(compiled_testing ${folder}/auditor_testing.cpp LINKS auditor::compiled)
  if(TARGET auditor::curl)
    auditor_add_compiled_part(compiled_curl ${folder}/auditor_curl.cpp LINKS auditor::compiled auditor::curl)
  endif()
endfunction()
