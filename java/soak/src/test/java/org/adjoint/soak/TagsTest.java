package org.adjoint.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that start threads carry the tag by which a soak finds them. */
class TagsTest {
  private static final Pattern STARTS_THREADS =
      Pattern.compile("new Thread\\(|Executors\\.|CompletableFuture\\.\\w+Async|\\.parallel\\(");

  @Test
  void everyTestThatStartsThreadsIsTagged() throws IOException {
    List<String> untagged = new ArrayList<>();
    int tagged = 0;
    for (String module : List.of("core", "nativelib", "nn")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test"))) {
        for (Path file : files.filter(f -> f.toString().endsWith("Test.java")).toList()) {
          String text = Files.readString(file);
          if (text.contains("@Tag(\"" + Repeat.TAG + "\")")) {
            tagged++;
          } else if (STARTS_THREADS.matcher(text).find()) {
            untagged.add(file.toString());
          }
        }
      }
    }
    assertEquals(List.of(), untagged);
    assertTrue(tagged >= 4, "only " + tagged + " tests are tagged: the scan found nothing");
  }
}
