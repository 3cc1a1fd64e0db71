/**
 * The command line: {@code adjoint train}, {@code evaluate}, {@code example}, {@code gradcheck},
 * {@code lens} and {@code shell}.
 */
module org.adjoint.cli {
  requires info.picocli;
  requires java.logging;
  requires static jdk.jshell; // a runtime image may lack it: only the shell needs it
  requires org.adjoint.lens;
  requires transitive org.adjoint.nn;

  exports org.adjoint.cli;
  exports org.adjoint.cli.example;

  opens org.adjoint.cli to
      info.picocli;
}
