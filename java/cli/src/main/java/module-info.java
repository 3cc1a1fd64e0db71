/**
 * The command line: {@code adjoint train}, {@code evaluate}, {@code example}, {@code gradcheck} and
 * {@code lens}.
 */
module org.adjoint.cli {
  requires info.picocli;
  requires java.logging;
  requires org.adjoint.lens;
  requires transitive org.adjoint.nn;

  exports org.adjoint.cli;
  exports org.adjoint.cli.example;

  opens org.adjoint.cli to
      info.picocli;
}
