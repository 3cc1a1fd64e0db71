package org.adjoint.nativelib;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.adjoint.BackendException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is extracted is what was packed, in a folder that others cannot write. */
class LibraryCacheTest {
  private static final byte[] CONTENT = {1, 2, 3, 4};

  @TempDir Path parent;

  private List<PackedLibrary> packed;

  @BeforeEach
  void pack() throws IOException {
    CRC32 sum = new CRC32();
    sum.update(CONTENT);
    Path file = Files.write(parent.resolve("packed"), CONTENT);
    packed =
        List.of(new PackedLibrary("lib.so", file.toUri().toURL(), CONTENT.length, sum.getValue()));
  }

  private Path place() {
    return LibraryCache.at(parent).place("test", packed).get(0);
  }

  @Test
  void placesFilesForTheOwnerAlone() throws Exception {
    Path file = place();
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
    Path file = place();
    FileTime time = Files.getLastModifiedTime(file);
    Files.write(file, new byte[] {1, 2, 3, 5});
    Files.setLastModifiedTime(file, time);
    place();
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
  }

  @Test
  void replacesTruncatedFiles() throws Exception {
    Path file = place();
    Files.write(file, new byte[] {1, 2});
    place();
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
  }

  @Test
  void removesWhatKilledJvmsLeft() throws Exception {
    Path file = place();
    Path stale = Files.write(file.resolveSibling("lib.so123.part"), CONTENT);
    Files.setLastModifiedTime(stale, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
    Path fresh = Files.write(file.resolveSibling("lib.so456.part"), CONTENT);
    Files.delete(file);
    place();
    assertFalse(Files.exists(stale), "left by a JVM that is gone");
    assertTrue(Files.exists(fresh), "perhaps being written");
  }

  @Test
  void leavesGoodFilesAlone() throws Exception {
    Path file = place();
    FileTime old = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(file, old);
    place();
    assertEquals(old, Files.getLastModifiedTime(file));
  }

  @Test
  void keepsOtherContentElsewhere() {
    Path one = place();
    PackedLibrary p = packed.get(0);
    packed = List.of(new PackedLibrary(p.name(), p.resource(), p.size(), p.checksum() + 1));
    assertNotEquals(one, place());
  }

  @Test
  void followsLinksToFolders() throws Exception {
    Path target = Files.createDirectory(parent.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(parent.resolve("link"), target);
    Path file = LibraryCache.at(link).place("test", packed).get(0);
    assertTrue(file.toRealPath().startsWith(target.toRealPath()), file::toString);
  }

  @Test
  void refusesFoldersThatOthersCanWrite() throws Exception {
    Path folder = place().getParent();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    BackendException e = assertThrows(BackendException.class, this::place);
    assertTrue(e.getMessage().contains(folder.toString()), e::toString);
  }

  @Test
  void refusesALinkInPlaceOfItsFolder() throws Exception {
    Path own = place().getParent().getParent();
    Path moved = Files.move(own, parent.resolve("moved"));
    Files.createSymbolicLink(own, moved);
    BackendException e = assertThrows(BackendException.class, this::place);
    assertTrue(e.getMessage().contains(own + " is a link"), e::toString);
  }

  @Test
  void refusesParentsWhereAnybodyCanReplaceIt() throws Exception {
    Path open = Files.createDirectory(parent.resolve("open"));
    Files.setAttribute(open, "unix:mode", 0777);
    BackendException e = assertThrows(BackendException.class, () -> LibraryCache.at(open));
    assertTrue(e.getMessage().contains("anybody can put another folder"), e::toString);
    Files.setAttribute(open, "unix:mode", 01777); // as /tmp is
    LibraryCache.at(open).place("test", packed);
  }

  @Test
  void deletesWhatNobodyHasUsedForADay() throws Exception {
    FileTime twoDaysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    FileTime anHourAgo = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    Path file = place();
    Path root = file.getParent().getParent();
    Path old = version(root.resolve("test-1"), twoDaysAgo);
    Path recent = version(root.resolve("test-2"), anHourAgo);
    Path other = version(root.resolve("another-3"), twoDaysAgo);
    Path left = Files.write(file.resolveSibling("lib.so123.part"), CONTENT);
    Path written = Files.write(file.resolveSibling("lib.so456.part"), CONTENT);
    Files.setLastModifiedTime(left, twoDaysAgo);
    Files.setLastModifiedTime(file, twoDaysAgo);
    place();
    assertFalse(Files.exists(old), "another version, two days old");
    assertTrue(Files.exists(recent), "another version, in use lately");
    assertTrue(Files.exists(other), "something else");
    assertFalse(Files.exists(left), "half a file, two days old");
    assertTrue(Files.exists(written), "half a file, being written");
    assertTrue(Files.exists(file), "what is asked for");
  }

  private static Path version(Path folder, FileTime time) throws IOException {
    Files.createDirectory(folder);
    Files.write(folder.resolve("lib.so"), CONTENT);
    Files.setLastModifiedTime(folder, time);
    return folder;
  }

  @Test
  void saysWhatToDoWhereItCannotWrite() throws Exception {
    Path file = Files.writeString(parent.resolve("file"), "not a folder");
    BackendException e = assertThrows(BackendException.class, () -> LibraryCache.at(file));
    assertTrue(e.getMessage().contains("-Dorg.adjoint.cache=DIR"), e::toString);
  }
}
