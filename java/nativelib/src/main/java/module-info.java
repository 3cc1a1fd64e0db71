/**
 * The native backends of Adjoint, for the CPU and for GPUs. It exports nothing: they are found as
 * services, by the names {@code native} and {@code cuda}. On the module path its libraries need
 * {@code --add-modules org.adjoint.nativelib.linux.x86_64,org.bytedeco.openblas.linux.x86_64}.
 */
module org.adjoint.nativelib {
  requires org.adjoint;
  requires org.bytedeco.javacpp;
  requires jdk.management;

  provides org.adjoint.internal.backend.BackendProvider with
      org.adjoint.nativelib.NativeProvider,
      org.adjoint.nativelib.CudaProvider;
}
