/** Apache Arrow's vectors as tensors, without a copy. */
module org.adjoint.arrow {
  requires transitive org.adjoint;
  requires transitive org.apache.arrow.vector;
  requires org.apache.arrow.memory.core;

  exports org.adjoint.arrow;
}
