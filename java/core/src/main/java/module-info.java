/** Automatic differentiation for the JVM: graphs, derivatives, and the backends that run them. */
@SuppressWarnings("module") // adjoint-nativelib, an optional module, may be absent
module org.adjoint {
  exports org.adjoint;
  exports org.adjoint.check;
  exports org.adjoint.op;
  exports org.adjoint.scalar;
  exports org.adjoint.symbolic;
  exports org.adjoint.internal.backend to
      org.adjoint.nativelib;
  exports org.adjoint.internal.ir to
      org.adjoint.nativelib;

  uses org.adjoint.internal.backend.BackendProvider;

  provides org.adjoint.internal.backend.BackendProvider with
      org.adjoint.internal.reference.ReferenceProvider;
}
