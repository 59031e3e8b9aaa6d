# SPDX-License-Identifier: MIT OR Apache-2.0
include(CMakeFindDependencyMacro)
find_dependency(auditor COMPONENTS compiled_curl)
include("${CMAKE_CURRENT_LIST_DIR}/yours-targets.cmake")
