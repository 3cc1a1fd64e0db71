/**
 * Pictures of graphs, pages that step through them, charts and reports of trainings: the real graph
 * with the real numbers, as files that need no other program and no network.
 */
module org.adjoint.lens {
  requires transitive org.adjoint;
  requires transitive org.adjoint.nn;
  requires com.fasterxml.jackson.core;

  exports org.adjoint.lens;
  exports org.adjoint.lens.chart;
  exports org.adjoint.lens.example;
  exports org.adjoint.lens.landscape;
  exports org.adjoint.lens.modes;
  exports org.adjoint.lens.picture;
  exports org.adjoint.lens.profile;
  exports org.adjoint.lens.report;
  exports org.adjoint.lens.stepper;
}
