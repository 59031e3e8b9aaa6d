# Runs the portfile as vcpkg would, with what vcpkg gives it done by hand: there is no vcpkg here.
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# cmake -D CURRENT_PORT_DIR=<port> -D SCRATCH=<folder> -P vcpkg_tool.cmake      installs into <folder>/packages
cmake_minimum_required(VERSION 3.22)
set(PORT auditor)
set(CURRENT_PACKAGES_DIR ${SCRATCH}/packages)
set(CURRENT_BUILDTREES_DIR ${SCRATCH}/buildtrees)

macro(call)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endmacro()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS OR NOT EXISTS ${arg_SOURCE_PATH}/CMakeLists.txt)
    message(FATAL_ERROR "vcpkg_cmake_configure: '${arg_UNPARSED_ARGUMENTS}', in '${arg_SOURCE_PATH}'")
  endif()
  list(JOIN arg_OPTIONS " " options)
  separate_arguments(options UNIX_COMMAND "${options}")
  call(${CMAKE_COMMAND} -S ${arg_SOURCE_PATH} -B ${CURRENT_BUILDTREES_DIR} -D CMAKE_BUILD_TYPE=Release -D CMAKE_INSTALL_PREFIX=${CURRENT_PACKAGES_DIR} ${options})
endfunction()

function(vcpkg_cmake_install)
  call(${CMAKE_COMMAND} --install ${CURRENT_BUILDTREES_DIR})
endfunction()

# The configuration files go to share/<name>, one folder up; their prefix is made to follow.
function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PACKAGE_NAME;CONFIG_PATH" "")
  file(GLOB files ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/*)
  if(NOT files)
    message(FATAL_ERROR "vcpkg_cmake_config_fixup: nothing is in ${arg_CONFIG_PATH}")
  endif()
  file(COPY ${files} DESTINATION ${CURRENT_PACKAGES_DIR}/share/${arg_PACKAGE_NAME})
  file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH})
  file(GLOB files ${CURRENT_PACKAGES_DIR}/share/${arg_PACKAGE_NAME}/*.cmake)
  foreach(file IN LISTS files)
    file(READ ${file} text)
    string(REGEX REPLACE "(get_filename_component\\(_IMPORT_PREFIX \"[^\"]*\" PATH\\)\n)+"
           "get_filename_component(_IMPORT_PREFIX \"\${CMAKE_CURRENT_LIST_DIR}/../..\" ABSOLUTE)\n" text "${text}")
    file(WRITE ${file} "${text}")
  endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
  file(GLOB files ${CURRENT_PACKAGES_DIR}/share/pkgconfig/*.pc)
  if(NOT files)
    message(FATAL_ERROR "vcpkg_fixup_pkgconfig: there are no files")
  endif()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "COMMENT" "FILE_LIST")
  foreach(file IN LISTS arg_FILE_LIST)
    file(READ ${file} text)
    file(APPEND ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright "${text}")
  endforeach()
endfunction()

include(${CURRENT_PORT_DIR}/portfile.cmake)
if(NOT VCPKG_BUILD_TYPE STREQUAL "release" OR EXISTS ${CURRENT_PACKAGES_DIR}/debug OR EXISTS ${CURRENT_PACKAGES_DIR}/lib)
  message(FATAL_ERROR "a port of headers has no libraries, and none for debugging")
endif()
