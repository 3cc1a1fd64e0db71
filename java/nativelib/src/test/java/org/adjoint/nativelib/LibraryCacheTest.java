package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.adjoint.BackendException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is extracted is what was packed, in a folder that others cannot write. */
class LibraryCacheTest {
  private static final byte[] CONTENT = {1, 2, 3, 4};

  @TempDir Path parent;

  @Test
  void placesFilesForTheOwnerAlone() throws Exception {
    Path file = LibraryCache.at(parent).place("key", "lib.so", CONTENT);
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
    for (Path folder : List.of(file.getParent(), file.getParent().getParent())) {
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    }
    try (Stream<Path> files = Files.list(file.getParent())) {
      assertEquals(List.of(file), files.toList(), "no temporary file stays");
    }
  }

  @Test
  void replacesStaleFilesOfTheSameSizeAndTime() throws Exception {
    LibraryCache cache = LibraryCache.at(parent);
    Path file = cache.place("key", "lib.so", CONTENT);
    FileTime time = Files.getLastModifiedTime(file);
    Files.write(file, new byte[] {1, 2, 3, 5});
    Files.setLastModifiedTime(file, time);
    assertArrayEquals(CONTENT, Files.readAllBytes(cache.place("key", "lib.so", CONTENT)));
  }

  @Test
  void leavesGoodFilesAlone() throws Exception {
    LibraryCache cache = LibraryCache.at(parent);
    FileTime old = FileTime.fromMillis(1_000_000_000_000L);
    Path file = cache.place("key", "lib.so", CONTENT);
    Files.setLastModifiedTime(file, old);
    cache.place("key", "lib.so", CONTENT);
    assertEquals(old, Files.getLastModifiedTime(file));
  }

  @Test
  void replacesTruncatedLargeFiles() throws Exception {
    LibraryCache cache = LibraryCache.at(parent);
    LibraryCache.Content content = () -> new ByteArrayInputStream(CONTENT);
    Path file = cache.place("key", "big.so", CONTENT.length, content);
    Files.write(file, new byte[] {1, 2});
    cache.place("key", "big.so", CONTENT.length, content);
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
  }

  @Test
  void refusesFoldersThatOthersCanWrite() throws Exception {
    Path file = LibraryCache.at(parent).place("key", "lib.so", CONTENT);
    Path folder = file.getParent();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    BackendException e =
        assertThrows(
            BackendException.class, () -> LibraryCache.at(parent).place("key", "lib.so", CONTENT));
    assertTrue(e.getMessage().contains(folder.toString()), e::toString);
  }

  @Test
  void saysWhatToDoWhereItCannotWrite() throws Exception {
    Path file = Files.writeString(parent.resolve("file"), "not a folder");
    BackendException e = assertThrows(BackendException.class, () -> LibraryCache.at(file));
    assertTrue(e.getMessage().contains("-Dorg.adjoint.cache=DIR"), e::toString);
  }
}
