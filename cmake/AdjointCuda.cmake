# The CUDA backend's sources, for nvcc and for the emulator alike. It refuses to find any of CUDA's libraries: the runtime
# is linked statically and opens the driver itself. To add a kernel family, add its file here and its word to
# ADJ_CUDA_FAMILIES in native/src/cuda/kernel.h.

# Compiled by nvcc, or as C++ over the emulator.
set(ADJ_CUDA_KERNELS
  src/cuda/elementwise.cu
  src/cuda/reduce.cu
  src/cuda/softmax.cu
  src/cuda/optimizer.cu
  src/cuda/matmul.cu
  src/cuda/convolution.cu
  src/cuda/sort.cu
  src/cuda/index.cu
  src/cuda/random.cu
  src/cuda/scan.cu)

# What launches them, by the same compiler; the rest of the library is adjoint_shared.
set(ADJ_CUDA_HOST
  src/cuda/api.cpp
  src/cuda/context.cpp
  src/cuda/program.cpp
  src/cuda/registry.cpp)

list(TRANSFORM ADJ_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/../native/)
list(TRANSFORM ADJ_CUDA_HOST PREPEND ${CMAKE_CURRENT_LIST_DIR}/../native/)

# adjoint_emulate_cuda(<target>): an object library of the backend over the emulator in native/tests/simt.
function(adjoint_emulate_cuda target)
  add_library(${target} OBJECT ${ADJ_CUDA_KERNELS} ${ADJ_CUDA_HOST})
  set_source_files_properties(${ADJ_CUDA_KERNELS} PROPERTIES LANGUAGE CXX)
  target_compile_definitions(${target} PRIVATE ADJ_FOR_DEVICE)
  target_include_directories(${target} PRIVATE ${adjoint_SOURCE_DIR}/tests)
  target_compile_options(${target} PRIVATE -O1)
  adjoint_common(${target})
endfunction()

# CMake allows a language to be enabled at the top level alone, and 3.25 does not know what nvcc 13 calls C++20.
macro(adjoint_enable_cuda)
  enable_language(CUDA)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
endmacro()

# adjoint_build_cuda(): libadjoint_cuda.so, which shows the same getter of the same table as libadjoint.so.
function(adjoint_build_cuda)
  set_source_files_properties(${ADJ_CUDA_HOST} PROPERTIES LANGUAGE CUDA)
  find_package(CUDAToolkit 13 REQUIRED)
  add_library(adjoint_cuda SHARED ${ADJ_CUDA_KERNELS} ${adjoint_SOURCE_DIR}/src/cuda/driver.cu ${ADJ_CUDA_HOST}
    $<TARGET_OBJECTS:adjoint_shared>)
  target_include_directories(adjoint_cuda PRIVATE ${adjoint_SOURCE_DIR}/../include ${adjoint_SOURCE_DIR}/src)
  target_compile_definitions(adjoint_cuda PRIVATE ADJ_FOR_DEVICE)
  # No contraction, as on the CPU: a*b + c is fused where it is written. The front end knows no GCC pragmas, and an
  # unrolled loop is what the compiler makes of a constant count anyway.
  target_compile_options(adjoint_cuda PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--fmad=false -diag-suppress=1675 -Werror=all-warnings -Xcompiler=-ffp-contract=off>
    $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off -fstack-protector-strong -Wall -Wextra -Wconversion -Wshadow -Werror>)
  set_target_properties(adjoint_cuda PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_RUNTIME_LIBRARY Static)
  target_link_libraries(adjoint_cuda PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
  target_link_options(adjoint_cuda PRIVATE -static-libstdc++ -Wl,--gc-sections -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now
    -Wl,--build-id=sha1 -Wl,--version-script=${adjoint_SOURCE_DIR}/adjoint.map)
endfunction()
