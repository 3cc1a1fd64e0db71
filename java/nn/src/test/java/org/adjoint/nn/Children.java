package org.adjoint.nn;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** JVMs that tests start: to be killed, or to live in a small heap. */
public final class Children {

  private Children() {}

  /** Starts a class' main method on what is on the path here; its errors go with its output. */
  public static Process start(List<String> options, Class<?> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    String modules = System.getProperty("jdk.module.path", "");
    String classes = System.getProperty("java.class.path", "");
    Path tests = Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath());
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classes, modules, tests.toString()));
    command.add(main.getName());
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
