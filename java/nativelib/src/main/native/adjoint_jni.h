/*
 * What JavaCPP binds the methods of Abi.java to: a library opened by path, its table's functions with the table as
 * first argument, so that several libraries serve through one class, buffers over native memory, the addresses of
 * direct buffers, a list of strings, and the start of the binding. Nothing else belongs here.
 */
#ifndef ADJOINT_JNI_H
#define ADJOINT_JNI_H

#include <dlfcn.h>
#include <jni.h>

#include <cstring>

#include "adjoint.h"

/* Why the last adj_jni_open on this thread failed. Not dlerror itself: the JVM asks it for more before Java can. */
static thread_local char adj_jni_error[1024];

static inline void adj_jni_remember(const char* text) { std::strncpy(adj_jni_error, text, sizeof(adj_jni_error) - 1); }

/*
 * Opens a library and returns its table, null if it cannot be opened, has no getter, or no table of this version. The
 * library stays open, and shows its symbols to no other.
 */
static inline const adj_api* adj_jni_open(const char* path, jint version) {
  adj_jni_remember("");
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* get_api = library == nullptr ? nullptr : dlsym(library, "adj_get_api");
  if (get_api == nullptr) {
    adj_jni_remember(dlerror());
    return nullptr;
  }
  return reinterpret_cast<decltype(&adj_get_api)>(get_api)(version);
}

/* Returns why the last adj_jni_open on this thread failed, "" if the library has no table of that version. */
static inline const char* adj_jni_open_error() { return adj_jni_error; }

/* A function of the table under the name that Abi.java has for it. */
#define ADJ_JNI_FORWARD(name)                                                 \
  template <class... Arguments>                                               \
  static inline auto adj_##name(const adj_api* api, Arguments... arguments) { \
    return api->name(arguments...);                                           \
  }

ADJ_JNI_FORWARD(build_id)
ADJ_JNI_FORWARD(last_error)
ADJ_JNI_FORWARD(last_operand)
ADJ_JNI_FORWARD(best_isa)
ADJ_JNI_FORWARD(context_create)
ADJ_JNI_FORWARD(context_destroy)
ADJ_JNI_FORWARD(context_isa)
ADJ_JNI_FORWARD(context_threads)
ADJ_JNI_FORWARD(blas_serves)
ADJ_JNI_FORWARD(blas_config)
ADJ_JNI_FORWARD(buffer_allocate)
ADJ_JNI_FORWARD(buffer_address)
ADJ_JNI_FORWARD(buffer_free)
ADJ_JNI_FORWARD(memory_on_host)
ADJ_JNI_FORWARD(memory_copy)
ADJ_JNI_FORWARD(memory_report)
ADJ_JNI_FORWARD(memory_trim)
ADJ_JNI_FORWARD(kernel_count)
ADJ_JNI_FORWARD(kernel_name)
ADJ_JNI_FORWARD(program_create)
ADJ_JNI_FORWARD(program_scratch)
ADJ_JNI_FORWARD(program_run)
ADJ_JNI_FORWARD(program_run_timed)
ADJ_JNI_FORWARD(program_destroy)

#undef ADJ_JNI_FORWARD

/* Returns a direct ByteBuffer over `bytes` bytes at `address`, which it neither owns nor keeps alive. */
static inline jobject adj_jni_view(JNIEnv* env, jclass, jlong address, jlong bytes) {
  return env->NewDirectByteBuffer(reinterpret_cast<void*>(address), bytes);
}

/* Returns a new buffer, 0 if there is none to be had: buffer_allocate without an array to carry the result. */
static inline jlong adj_jni_allocate(const adj_api* api, adj_context* context, jlong bytes) {
  adj_buffer* buffer = nullptr;
  return api->buffer_allocate(context, bytes, &buffer) == ADJ_OK ? reinterpret_cast<jlong>(buffer) : 0;
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

/* blas_open with its two dependencies one by one. */
static inline adj_status adj_jni_blas_open(const adj_api* api, adj_context* context, const char* quadmath,
                                           const char* gfortran, const char* openblas) {
  const char* const dependencies[] = {quadmath, gfortran};
  return api->blas_open(context, dependencies, 2, openblas);
}

/*
 * The start of the binding, put before the one that JavaCPP generates behind this header, which nobody calls then. That
 * looks up the fields of JavaCPP's Pointer, so the JVM initialises that class, which starts a thread that keeps the
 * class loader, with all that it holds, for ever. Abi uses no pointers; of all that is looked up it needs how a String
 * is made of bytes, and bytes of a String.
 */
#define JNI_OnLoad(vm, reserved)                                                                         \
  JNI_OnLoad(JavaVM* jvm, void*) {                                                                       \
    JNIEnv* env = nullptr;                                                                               \
    if (jvm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;          \
    jclass string = env->FindClass("java/lang/String");                                                  \
    if (string == nullptr) return JNI_ERR;                                                               \
    JavaCPP_vm = jvm;                                                                                    \
    JavaCPP_stringMID = env->GetMethodID(string, "<init>", "([B)V");                                     \
    JavaCPP_getBytesMID = env->GetMethodID(string, "getBytes", "()[B");                                  \
    return JavaCPP_stringMID == nullptr || JavaCPP_getBytesMID == nullptr ? JNI_ERR : env->GetVersion(); \
  }                                                                                                      \
  __attribute__((unused)) static jint JNICALL adj_jni_load_pointers(vm, reserved)

#endif
