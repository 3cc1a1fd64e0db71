/**
 * Pictures of graphs and pages that step through them: the real graph with the real numbers, as
 * files that need no other program and no network.
 */
module org.adjoint.lens {
  requires transitive org.adjoint;

  exports org.adjoint.lens;
  exports org.adjoint.lens.picture;
}
