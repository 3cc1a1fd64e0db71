# Checks with nm that the library shows adj_get_api alone, and that an object compiled for an instruction set defines no symbol
# which the linker might put in place of baseline code: every one it defines is local or in its own namespace.
# Called as: cmake -DNM=… -DLIBRARY=… -DISA=… -DOBJECTS=a;b -P symbols.cmake

if(LIBRARY)
  execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "nm failed on ${LIBRARY}")
  endif()
  string(REGEX MATCHALL "[^\n]+" lines "${text}")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^.* ([^ ]+)$" "\\1" symbol "${line}")
    list(APPEND symbols ${symbol})
  endforeach()
  if(NOT symbols STREQUAL "adj_get_api")
    message(SEND_ERROR "exported: ${symbols}")
  endif()
endif()

list(FILTER OBJECTS INCLUDE REGEX "\\.o$") # precompiled headers are among them
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} -C --defined-only ${object} OUTPUT_VARIABLE text RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "nm failed on ${object}")
  endif()
  # Names may hold semicolons and brackets once demangled; neither is needed here.
  string(REGEX REPLACE "[][;]" "_" text "${text}")
  string(REGEX MATCHALL "[^\n]+" lines "${text}")
  foreach(line IN LISTS lines)
    # Upper case is global, W, V and u are weak or unique; lower case letters else are local.
    if(line MATCHES "^[0-9a-f]* ([A-Zvwu]) (.*)$" AND NOT CMAKE_MATCH_2 MATCHES "adjoint::cpu::${ISA}::")
      message(SEND_ERROR "${object}: ${CMAKE_MATCH_1} ${CMAKE_MATCH_2}")
    endif()
  endforeach()
endforeach()
