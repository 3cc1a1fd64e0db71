package org.adjoint.nn.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.adjoint.nn.Children;
import org.adjoint.nn.data.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir private Path folder;

  @Test
  void aFileAppearsWhole() throws IOException {
    Path file = folder.resolve("a");
    AtomicFile.write(file, out -> out.write(bytes("first, and longer")));
    AtomicFile.write(file, out -> out.write(bytes("second")));
    assertEquals("second", Files.readString(file));
    assertEquals(List.of("a"), names());
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    String message =
        assertThrows(
                DataException.class,
                () ->
                    AtomicFile.write(
                        file,
                        out -> {
                          out.write(bytes("half"));
                          throw new IOException("No space left on device");
                        }))
            .getMessage();
    assertEquals(file + ": cannot be written: No space left on device", message);
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                file,
                out -> {
                  throw new IllegalStateException("a mistake");
                }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a"), names());
  }

  @Test
  void theOldFileIsThereUntilTheNewOneIsWhole() {
    Path file = folder.resolve("a");
    AtomicFile.write(file, out -> out.write(bytes("old")));
    AtomicFile.write(
        file,
        out -> {
          out.write(bytes("new"));
          assertEquals("old", Files.readString(file));
        });
  }

  @Test
  void aSymbolicLinkStaysOne() throws IOException {
    Path target = Files.writeString(folder.resolve("target"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), target);
    AtomicFile.write(link, out -> out.write(bytes("new")));
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(target));
  }

  @Test
  void whetherItCanBeWrittenIsTriedWithoutTouchingIt() throws IOException {
    Path file = folder.resolve("a");
    AtomicFile.requireWritable(file);
    assertFalse(Files.exists(file));
    Files.writeString(file, "old");
    AtomicFile.requireWritable(file);
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a"), names());
  }

  @Test
  void targetsThatAreNoFilesAreRefused() {
    assertRefused(folder, "is a folder");
    assertRefused(folder.resolve("no").resolve("a"), "does not exist");
    Path device = Path.of("/dev/null");
    if (Files.exists(device)) {
      assertRefused(device, "not a regular file");
    }
  }

  @Test
  void whatKilledProcessesLeftIsRemovedADayLater() throws Exception {
    Path stale = Files.writeString(folder.resolve(".adjoint-0123456789abcdef.tmp"), "half");
    Path fresh = Files.writeString(folder.resolve(".adjoint-fedcba9876543210.tmp"), "half");
    Path other = Files.writeString(folder.resolve(".adjoint.tmp"), "another program's");
    for (Path old : List.of(stale, other)) {
      makeOld(old);
    }
    AtomicFile.write(folder.resolve("a"), out -> out.write(bytes("new")));
    assertEquals(List.of(fresh, other, folder.resolve("a")).toString(), files().toString());
  }

  /** What a child JVM runs: it begins to write, says so, and never ends. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) {
      AtomicFile.write(
          Path.of(arguments[0]),
          out -> {
            out.write(bytes("half"));
            System.out.println("writing");
            try {
              Thread.sleep(60_000);
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          });
    }
  }

  @Test
  void aFileThatIsBeingWrittenStaysHoweverOld() throws Exception {
    Path file = folder.resolve("a");
    Process writer = Children.start(List.of(), Writer.class, folder.resolve("other").toString());
    try (BufferedReader lines = writer.inputReader()) {
      assertEquals("writing", lines.readLine());
      Path theirs = files().get(0);
      makeOld(theirs);
      AtomicFile.write(file, out -> out.write(bytes("beside a living process")));
      assertTrue(Files.exists(theirs), () -> "removed under its writer: " + theirs);
      writer.destroyForcibly().waitFor();
      assertTrue(Files.exists(theirs), "a killed process removes nothing");
      AtomicFile.write(file, out -> out.write(bytes("after it")));
      assertEquals(List.of("a"), names());
    } finally {
      writer.destroyForcibly().waitFor();
    }
  }

  @Test
  void ownFilesStayHoweverOld() {
    AtomicFile.write(
        folder.resolve("a"),
        out -> {
          Path own = files().get(0);
          makeOld(own);
          AtomicFile.write(folder.resolve("b"), inner -> inner.write(bytes("meanwhile")));
          assertTrue(Files.exists(own), () -> "removed under its writer: " + own);
        });
  }

  private static void makeOld(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
  }

  private static void assertRefused(Path file, String part) {
    for (Runnable attempt :
        List.<Runnable>of(
            () -> AtomicFile.requireWritable(file), () -> AtomicFile.write(file, out -> {}))) {
      String message = assertThrows(DataException.class, attempt::run).getMessage();
      assertTrue(message.startsWith(file + ": ") && message.contains(part), message);
    }
  }

  private List<String> names() throws IOException {
    return files().stream().map(file -> file.getFileName().toString()).toList();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
