# Kernel families per instruction set: each source is compiled once for each, into a namespace and an object library of its
# own (adjoint_kernels_<isa>). It refuses to glob: sources are listed where it is called. To add an instruction set, add its
# name and flags here, its width to native/src/kernels/simd.h, and its detection to native/src/cpu/isa.cpp; one that only
# extends another for some families goes into ADJ_EXTENSIONS.

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set(ADJ_ISAS baseline avx2 avx512)
  set(ADJ_EXTENSIONS avx512bf16 amx)
else()
  set(ADJ_ISAS baseline)
  set(ADJ_EXTENSIONS)
endif()

# No sanitizer can watch what this machine cannot run, and vectors of 512 bits take as long to compile as all others.
if(ADJ_SANITIZE AND EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo processor REGEX "^flags" LIMIT_COUNT 1)
  if(NOT processor MATCHES " avx512f ")
    list(REMOVE_ITEM ADJ_ISAS avx512)
  endif()
endif()

set(ADJ_FLAGS_baseline "")
set(ADJ_FLAGS_avx2 -mavx2 -mfma)
# g++ 12 prefers 256-bit vectors unless told, and its AVX-512 headers raise false "uninitialized" warnings.
set(ADJ_FLAGS_avx512 -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mprefer-vector-width=512
    -Wno-uninitialized -Wno-maybe-uninitialized)

# What extends AVX-512 for a few families: the rest of a table is that of AVX-512.
set(ADJ_FLAGS_avx512bf16 ${ADJ_FLAGS_avx512} -mavx512bf16)
set(ADJ_FLAGS_amx ${ADJ_FLAGS_avx512bf16} -mamx-tile -mamx-bf16)

function(adjoint_kernel_library isa)
  set(library adjoint_kernels_${isa})
  add_library(${library} OBJECT ${ARGN})
  target_compile_definitions(${library} PRIVATE ADJ_ISA_NAMESPACE=${isa})
  # -fno-trapping-math lets the compiler turn a conditional into a blend; no result depends on the exception flags.
  # No exceptions: nothing throws inside a kernel, and the tables of a library that could are vector code that leaks.
  target_compile_options(${library} PRIVATE ${ADJ_FLAGS_${isa}} -fno-trapping-math -fno-exceptions -fno-rtti)
  adjoint_common(${library})
  adjoint_sanitize_kernels(${library})
endfunction()

# adjoint_add_kernels(<source>...): defines adjoint_kernels_<isa> for every ISA in ADJ_ISAS. The compiler's headers of
# intrinsics take it a second: once a library, not once a source.
function(adjoint_add_kernels)
  foreach(isa IN LISTS ADJ_ISAS)
    adjoint_kernel_library(${isa} ${ARGN})
    target_precompile_headers(adjoint_kernels_${isa} PRIVATE ${adjoint_SOURCE_DIR}/src/kernels/simd.h)
  endforeach()
endfunction()

# adjoint_extend_kernels(<source>...): the same for every extension, of the families that gain by one.
function(adjoint_extend_kernels)
  foreach(isa IN LISTS ADJ_EXTENSIONS)
    adjoint_kernel_library(${isa} ${ARGN})
  endforeach()
endfunction()
