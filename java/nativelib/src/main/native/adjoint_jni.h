/*
 * What the JNI binding needs besides adjoint.h: buffers over native memory, the addresses of direct buffers, and a list
 * of strings. JavaCPP calls these where a method of Abi.java carries the same name. Nothing else belongs here.
 */
#ifndef ADJOINT_JNI_H
#define ADJOINT_JNI_H

#include <jni.h>

#include <cstring>

#include "adjoint.h"

/* Returns a direct ByteBuffer over `bytes` bytes at `address`, which it neither owns nor keeps alive. */
static inline jobject adj_jni_view(JNIEnv* env, jclass, jlong address, jlong bytes) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

/* Returns a new buffer, 0 if there is none to be had: adj_buffer_allocate without an array to carry the result. */
static inline jlong adj_jni_allocate(adj_context* context, jlong bytes) {
  adj_buffer* buffer = nullptr;
  return adj_buffer_allocate(context, bytes, &buffer) == ADJ_OK ? reinterpret_cast<jlong>(buffer) : 0;
}

/* Returns the first `bytes` bytes at `address` as the low bytes of a word. */
static inline jlong adj_jni_word(jlong address, jint bytes) {
  jlong word = 0;
  std::memcpy(&word, reinterpret_cast<const void*>(address), static_cast<size_t>(bytes));
  return word;
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
