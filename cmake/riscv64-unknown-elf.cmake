# A toolchain file for a RISC-V rv32imc: Debian's riscv64-unknown-elf-g++ and picolibc, no exceptions. It has no standard library of C++: the headers of
# arm-none-eabi-g++ are as good, and what is a template in them is compiled into the program.
# SPDX-License-Identifier: MIT OR Apache-2.0

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # without a board nothing links

execute_process(COMMAND arm-none-eabi-g++ -M -include version -x c++ /dev/null OUTPUT_VARIABLE headers ERROR_QUIET)
if(NOT headers MATCHES "([^ \n]+)/version")
  message(FATAL_ERROR "there is no arm-none-eabi-g++ with a standard library, whose headers are needed")
endif()
set(headers ${CMAKE_MATCH_1})

set(CMAKE_CXX_FLAGS_INIT
    "--specs=picolibc.specs -march=rv32imc -mabi=ilp32 -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections")
string(APPEND CMAKE_CXX_FLAGS_INIT " -isystem ${headers} -isystem ${headers}/arm-none-eabi -D_GLIBCXX_EXTERN_TEMPLATE=0")
set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG" CACHE STRING "")
# By gcc: g++ would want -lstdc++.
set(CMAKE_CXX_LINK_EXECUTABLE "riscv64-unknown-elf-gcc <FLAGS> <CMAKE_CXX_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
