# auditor::compiled and auditor::compiled_curl: the library as code of its own instead of in each unit. They are built with the
# program and its settings, and only where something links them. Read by our build and by the installed package.
# SPDX-License-Identifier: MIT OR Apache-2.0

# auditor_add_compiled(<folder of the sources>)
function(auditor_add_compiled folder)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT "CXX" IN_LIST languages OR TARGET auditor::compiled)
    return()
  endif()
  add_library(auditor_compiled STATIC EXCLUDE_FROM_ALL ${folder}/auditor.cpp)
  add_library(auditor::compiled ALIAS auditor_compiled)
  target_link_libraries(auditor_compiled PUBLIC auditor::auditor)
  target_compile_definitions(auditor_compiled PUBLIC AUDITOR_SEPARATE_COMPILATION)
  set(targets auditor_compiled)
  if(TARGET auditor::curl)
    add_library(auditor_compiled_curl STATIC EXCLUDE_FROM_ALL ${folder}/auditor_curl.cpp)
    add_library(auditor::compiled_curl ALIAS auditor_compiled_curl)
    target_link_libraries(auditor_compiled_curl PUBLIC auditor_compiled auditor::curl)
    list(APPEND targets auditor_compiled_curl)
  endif()
  # A shared library may hold them.
  set_target_properties(${targets} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
