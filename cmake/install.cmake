# Headers and a config package; one export file per component, so that `find_package(auditor)` looks only for what was asked for.
# SPDX-License-Identifier: MIT OR Apache-2.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(auditor_package_directory ${CMAKE_INSTALL_DATADIR}/cmake/auditor)

install(DIRECTORY include/auditor TYPE INCLUDE)
foreach(component IN ITEMS auditor LISTS auditor_components)
  install(TARGETS auditor_${component} EXPORT auditor-${component}-targets)
  install(EXPORT auditor-${component}-targets NAMESPACE auditor:: DESTINATION ${auditor_package_directory})
endforeach()

write_basic_package_version_file(${PROJECT_BINARY_DIR}/auditor-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/auditor-config.cmake ${PROJECT_BINARY_DIR}/auditor-config-version.cmake DESTINATION ${auditor_package_directory})
install(FILES LICENSE-MIT LICENSE-APACHE TYPE DOC)
