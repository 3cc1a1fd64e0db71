/**
 * The native CPU backend of Adjoint. It exports nothing: it is found as a service, by name {@code
 * native}. On the module path its libraries need {@code --add-modules
 * org.adjoint.nativelib.linux.x86_64,org.bytedeco.openblas.linux.x86_64}.
 */
module org.adjoint.nativelib {
  requires org.adjoint;
  requires org.bytedeco.javacpp;
  requires jdk.management;

  provides org.adjoint.internal.backend.BackendProvider with
      org.adjoint.nativelib.NativeProvider;
}
