# auditor::auditor, the core, needs nothing; each optional header with a dependency has a target of its own, which links it.
# SPDX-License-Identifier: MIT OR Apache-2.0

# Headers of a project that is included by another are the other's system headers: no warning of ours in their build.
set(auditor_system "")
if(NOT PROJECT_IS_TOP_LEVEL)
  set(auditor_system SYSTEM)
endif()

include(cmake/auditor-components.cmake)

add_library(auditor_auditor INTERFACE)
add_library(auditor::auditor ALIAS auditor_auditor)
set_target_properties(auditor_auditor PROPERTIES EXPORT_NAME auditor)
if(NOT AUDITOR_INSTALL)
  auditor_name_for_exports(auditor_auditor auditor)
endif()
target_compile_features(auditor_auditor INTERFACE cxx_std_20)
target_include_directories(auditor_auditor ${auditor_system} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)

# The generated single headers. Not installed: a package has the headers themselves.
add_library(auditor_single INTERFACE)
add_library(auditor::single ALIAS auditor_single)
target_compile_features(auditor_single INTERFACE cxx_std_20)
target_include_directories(auditor_single ${auditor_system} INTERFACE ${PROJECT_SOURCE_DIR}/single_include)

# auditor::<component>, when what it needs is there; the same as cmake/auditor-config.cmake does for an installed auditor.
set(auditor_components "") # those that this configuration has
foreach(component IN LISTS auditor_known_components)
  auditor_find_component(missing ${component})
  if(missing)
    message(STATUS "${missing}: it is left out")
    continue()
  endif()
  # Found here, but linked by whoever links auditor::<component>: their directory must see it too.
  foreach(target IN LISTS auditor_found_here)
    get_target_property(alias ${target} ALIASED_TARGET)
    if(NOT alias)
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endforeach()
  add_library(auditor_${component} INTERFACE)
  add_library(auditor::${component} ALIAS auditor_${component})
  target_link_libraries(auditor_${component} INTERFACE auditor_auditor ${auditor_${component}_links} ${CMAKE_DL_LIBS})
  auditor_name_for_exports(auditor_${component} ${component})
  list(APPEND auditor_components ${component})
endforeach()

include(cmake/compiled.cmake)
auditor_add_compiled(${PROJECT_SOURCE_DIR}/src)

# `import auditor;`: a library of its own, because a module is compiled. CMake knows modules since 3.28; with an older one
# modules/auditor.cppm is compiled by hand (docs/getting-started.md).
if(AUDITOR_MODULE)
  if(CMAKE_VERSION VERSION_LESS 3.28)
    message(FATAL_ERROR "AUDITOR_MODULE needs CMake 3.28, and this is ${CMAKE_VERSION}: compile modules/auditor.cppm as docs/getting-started.md says")
  endif()
  add_library(auditor_module STATIC)
  add_library(auditor::module ALIAS auditor_module)
  set_target_properties(auditor_module PROPERTIES EXPORT_NAME module)
  target_sources(auditor_module PUBLIC FILE_SET CXX_MODULES BASE_DIRS modules FILES modules/auditor.cppm)
  target_link_libraries(auditor_module PUBLIC auditor_auditor)
endif()
