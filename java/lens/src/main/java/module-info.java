/**
 * Pictures of graphs and pages that step through them: the real graph with the real numbers, as
 * files that need no other program and no network.
 */
module org.adjoint.lens {
  requires transitive org.adjoint;
  requires com.fasterxml.jackson.core;

  exports org.adjoint.lens;
  exports org.adjoint.lens.example;
  exports org.adjoint.lens.picture;
  exports org.adjoint.lens.profile;
  exports org.adjoint.lens.stepper;
}
