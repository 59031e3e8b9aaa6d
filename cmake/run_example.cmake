# Runs an example and compares what it prints with its .expected, in which PORT stands for the port of the sandbox.
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# cmake -D PROGRAM=<file> -D EXPECTED=<file> [-D SERVER=<sandbox server>] -P run_example.cmake

set(command ${PROGRAM})
if(SERVER)
  set(command ${CMAKE_CURRENT_LIST_DIR}/../tools/with-sandbox ${SERVER} ${PROGRAM} URL)
endif()
execute_process(COMMAND ${command} OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE code)
string(REGEX REPLACE "(127\\.0\\.0\\.1|localhost):[0-9]+" "\\1:PORT" printed "${printed}")
file(READ ${EXPECTED} expected)

if(NOT code EQUAL 0)
  message(FATAL_ERROR "exit code: ${code}\n---- printed ----\n${printed}\n---- errors ----\n${errors}")
endif()
if(NOT printed STREQUAL expected)
  file(WRITE ${PROGRAM}.printed "${printed}")
  execute_process(COMMAND diff -u ${EXPECTED} ${PROGRAM}.printed)
  message(FATAL_ERROR "not what ${EXPECTED} has; all that was printed is in ${PROGRAM}.printed")
endif()
