/** Automatic differentiation for the JVM: graphs, derivatives, and the backends that run them. */
@SuppressWarnings(
    "module") // adjoint-nativelib, adjoint-nn and adjoint-lens, optional modules, may be absent
module org.adjoint {
  requires static jdk.jfr; // a runtime image may lack it

  exports org.adjoint;
  exports org.adjoint.check;
  exports org.adjoint.op;
  exports org.adjoint.scalar;
  exports org.adjoint.symbolic;
  exports org.adjoint.internal.backend to
      org.adjoint.nativelib;
  exports org.adjoint.internal.graph to
      org.adjoint.lens,
      org.adjoint.nn;
  exports org.adjoint.internal.ir to
      org.adjoint.lens,
      org.adjoint.nativelib,
      org.adjoint.nn;
  exports org.adjoint.internal.run to
      org.adjoint.lens;

  uses org.adjoint.internal.backend.BackendProvider;

  provides org.adjoint.internal.backend.BackendProvider with
      org.adjoint.internal.reference.ReferenceProvider;
}
