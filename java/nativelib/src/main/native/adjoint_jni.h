/*
 * What the JNI binding needs besides adjoint.h: buffers over native memory, the addresses of direct buffers, and a list
 * of strings. JavaCPP calls these where a method of Abi.java carries the same name. Nothing else belongs here.
 */
#ifndef ADJOINT_JNI_H
#define ADJOINT_JNI_H

#include <jni.h>

#include "adjoint.h"

/* Returns a direct ByteBuffer over `bytes` bytes at `address`, which it neither owns nor keeps alive. */
static inline jobject adj_jni_view(JNIEnv* env, jclass, jlong address, jlong bytes) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

/* Returns the address of a direct buffer's element 0, 0 if it is not direct. */
static inline jlong adj_jni_address(JNIEnv* env, jclass, jobject buffer) {
  return reinterpret_cast<jlong>(env->GetDirectBufferAddress(buffer));
}

/* adj_blas_open with its two dependencies one by one. */
static inline adj_status adj_jni_blas_open(adj_context* context, const char* quadmath, const char* gfortran,
                                           const char* openblas) {
  const char* const dependencies[] = {quadmath, gfortran};
  return adj_blas_open(context, dependencies, 2, openblas);
}

#endif
