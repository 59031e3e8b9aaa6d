# A toolchain file for boards with a Cortex-M: Debian's arm-none-eabi-g++, newlib-nano, no exceptions. -D AUDITOR_CORE=cortex-m0plus names another core.
# SPDX-License-Identifier: MIT OR Apache-2.0

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # without a board nothing links
set(AUDITOR_CORE cortex-m4 CACHE STRING "What -mcpu is given")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES AUDITOR_CORE)

# g++ 7.1 has changed how some types are passed, and -Wpsabi tells of each.
set(CMAKE_CXX_FLAGS_INIT
    "--specs=nano.specs -mthumb -mcpu=${AUDITOR_CORE} -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections -Wno-psabi")
set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG" CACHE STRING "")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
