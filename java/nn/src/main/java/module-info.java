/**
 * Neural networks on top of {@code org.adjoint}: layers, initialisers and losses, optimizers, data
 * sets, a training loop and file formats. Everything here is written with public tensor operations;
 * nothing knows a backend by name.
 */
module org.adjoint.nn {
  requires java.desktop;
  requires transitive java.sql;
  requires transitive org.adjoint;
  requires com.fasterxml.jackson.core;
  requires de.siegmar.fastcsv;

  exports org.adjoint.nn;
  exports org.adjoint.nn.attention;
  exports org.adjoint.nn.data;
  exports org.adjoint.nn.format;
  exports org.adjoint.nn.image;
  exports org.adjoint.nn.metric;
  exports org.adjoint.nn.norm;
  exports org.adjoint.nn.onnx;
  exports org.adjoint.nn.optim;
  exports org.adjoint.nn.recurrent;
  exports org.adjoint.nn.serve;
  exports org.adjoint.nn.train;
}
