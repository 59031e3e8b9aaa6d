# find_package(auditor): auditor::auditor, and each optional part whose packages are found. With COMPONENTS curl ... exactly those.
# SPDX-License-Identifier: MIT OR Apache-2.0
include("${CMAKE_CURRENT_LIST_DIR}/auditor-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/auditor-module-targets.cmake" OPTIONAL) # auditor::module, where it was built
include("${CMAKE_CURRENT_LIST_DIR}/auditor-components.cmake")

set(auditor_wanted ${auditor_FIND_COMPONENTS})
list(REMOVE_ITEM auditor_wanted auditor)
if(NOT auditor_FIND_COMPONENTS)
  set(auditor_wanted ${auditor_known_components})
endif()
set(auditor_auditor_FOUND TRUE)

foreach(auditor_component IN LISTS auditor_wanted)
  auditor_find_component(auditor_missing ${auditor_component})
  if(NOT auditor_missing)
    set(auditor_${auditor_component}_FOUND TRUE)
    if(NOT TARGET auditor::${auditor_component})
      add_library(auditor::${auditor_component} INTERFACE IMPORTED)
      target_link_libraries(auditor::${auditor_component} INTERFACE auditor::auditor ${auditor_${auditor_component}_links} ${CMAKE_DL_LIBS})
    endif()
    continue()
  endif()
  set(auditor_${auditor_component}_FOUND FALSE)
  if(auditor_FIND_REQUIRED_${auditor_component})
    set(auditor_FOUND FALSE)
    string(APPEND auditor_NOT_FOUND_MESSAGE "${auditor_missing}. ")
  elseif(NOT auditor_FIND_QUIETLY)
    message(STATUS "auditor: ${auditor_missing}")
  endif()
endforeach()
unset(auditor_wanted)
unset(auditor_component)
unset(auditor_missing)
unset(auditor_found_here)

# From the package's folder, share/cmake/auditor, to share/auditor.
include("${CMAKE_CURRENT_LIST_DIR}/compiled.cmake")
auditor_add_compiled("${CMAKE_CURRENT_LIST_DIR}/../../auditor/src")
