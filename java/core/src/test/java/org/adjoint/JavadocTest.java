package org.adjoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What users read: every public method says what it does and which exceptions it throws itself, and
 * a tensor's methods say what they throw of tensors, axes, sizes and dtypes that do not fit. Read
 * from the sources, in the layout that the formatter gives them; that tags are well formed is
 * Javadoc's own check.
 */
class JavadocTest {
  private static final Path SOURCES = Path.of("src/main/java/org/adjoint").toAbsolutePath();

  /** The exported packages. */
  private static final List<String> PACKAGES = List.of("", "check", "op", "scalar", "symbolic");

  /** A method or constructor of an outer class, from its comment to the end of its first line. */
  private static final Pattern METHOD =
      Pattern.compile(
          "(?:(?<doc>^  /\\*\\*(?:(?!\\*/).)*\\*/)\\n)?(?<marks>(?:^  @[^\\n]*\\n)*)"
              + "^  (?:public|protected) (?![^\\n]*\\b(?:class|interface|record|enum) )"
              + "(?<head>[^=;{}()]*\\((?<inputs>[^{;]*)\\)[^{;()]*)(?<end>[{;])",
          Pattern.MULTILINE | Pattern.DOTALL);

  private static final Pattern THROWN = Pattern.compile("throw new (\\w+)");
  private static final Pattern MAY_NOT_FIT =
      Pattern.compile(
          "\\b(Tensor|Shape|String|(int|long)(\\.\\.\\.|\\[\\])? \\w*[aA]x[ei]s|dims)\\b");

  private final List<String> missing = new ArrayList<>();
  private int methods;

  @Test
  void publicMethodsSayWhatTheyDoAndThrow() throws IOException {
    for (String name : PACKAGES) {
      try (Stream<Path> files = Files.list(SOURCES.resolve(name))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          read(file);
        }
      }
    }
    assertTrue(methods > 500, methods + " methods found");
    assertEquals("", String.join("\n", missing));
  }

  private void read(Path file) throws IOException {
    String text = Files.readString(file);
    Matcher m = METHOD.matcher(text);
    while (m.find()) {
      if (m.group("marks").contains("@Override")) {
        continue;
      }
      methods++;
      String where = file.getFileName() + ": " + m.group("head").replaceAll("\\s+", " ").strip();
      String doc = m.group("doc");
      if (doc == null) {
        missing.add(where + ": no comment");
        continue;
      }
      Matcher thrown = THROWN.matcher(body(text, m.end()));
      while (m.group("end").equals("{") && thrown.find()) {
        if (!doc.contains("@throws " + thrown.group(1))) {
          missing.add(where + ": throws " + thrown.group(1));
        }
      }
      boolean mayNotFit = MAY_NOT_FIT.matcher(m.group("inputs")).find();
      if (file.endsWith("Tensor.java") && mayNotFit && !doc.contains("@throws")) {
        missing.add(where + ": throws nothing?");
      }
    }
  }

  private static String body(String text, int from) {
    int end = text.indexOf("\n  }\n", from);
    return text.substring(from, end < 0 ? text.length() : end);
  }
}
