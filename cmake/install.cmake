# Headers, a CMake package and pkg-config files, below whatever CMAKE_INSTALL_*DIR say; and a Debian package of them, by cpack.
# SPDX-License-Identifier: MIT OR Apache-2.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(auditor_package_directory ${CMAKE_INSTALL_DATADIR}/cmake/auditor)

install(DIRECTORY include/auditor TYPE INCLUDE)
install(DIRECTORY src/ DESTINATION ${auditor_package_directory}/src)
install(TARGETS auditor_auditor EXPORT auditor-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT auditor-targets NAMESPACE auditor:: DESTINATION ${auditor_package_directory})
export(EXPORT auditor-targets NAMESPACE auditor:: FILE ${CMAKE_BINARY_DIR}/CMakeFiles/auditor-auditor.cmake)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/auditor-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/auditor-config.cmake cmake/auditor-components.cmake cmake/compiled.cmake ${PROJECT_BINARY_DIR}/auditor-config-version.cmake
        DESTINATION ${auditor_package_directory})
install(FILES modules/auditor.cppm DESTINATION ${CMAKE_INSTALL_DATADIR}/auditor/modules)
if(AUDITOR_MODULE) # of this compiler and machine, as the rest is not
  install(TARGETS auditor_module EXPORT auditor-module-targets FILE_SET CXX_MODULES DESTINATION ${CMAKE_INSTALL_DATADIR}/auditor/modules)
  install(EXPORT auditor-module-targets NAMESPACE auditor:: DESTINATION ${auditor_package_directory} CXX_MODULES_DIRECTORY modules)
endif()
install(FILES LICENSE-MIT LICENSE-APACHE TYPE DOC)

# ---- pkg-config: the prefix is seen from the file itself, so that the whole may be moved ----
set(auditor_pc_directory ${CMAKE_INSTALL_DATADIR}/pkgconfig)
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  set(auditor_pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH auditor_pc_prefix /prefix/${auditor_pc_directory} /prefix)
  string(REGEX REPLACE "/$" "" auditor_pc_prefix "\${pcfiledir}/${auditor_pc_prefix}")
endif()
set(auditor_pc_include ${CMAKE_INSTALL_INCLUDEDIR})
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(auditor_pc_include "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
list(TRANSFORM CMAKE_DL_LIBS PREPEND -l OUTPUT_VARIABLE auditor_pc_libraries)
foreach(file IN ITEMS auditor.pc auditor-curl.pc auditor-sqlite.pc)
  configure_file(cmake/${file}.in ${PROJECT_BINARY_DIR}/${file} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${file} DESTINATION ${auditor_pc_directory})
endforeach()

# ---- cpack ----
if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_CONTACT "The authors of auditor-cpp <auditor-cpp@localhost>")
  set(CPACK_PACKAGE_DESCRIPTION "Headers that send, change and read records of accounting, and prove that what was read is complete.")
  set(CPACK_DEBIAN_PACKAGE_NAME libauditor-dev)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libcurl4-openssl-dev (>= 7.88) | libcurl-dev")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS
      "libboost-dev (>= 1.80) | libboost1.81-dev, libssl-dev, nlohmann-json3-dev (>= 3.11), libhowardhinnant-date-dev, libasio-dev, libsqlite3-dev (>= 3.34)")
  include(CPack)
endif()
