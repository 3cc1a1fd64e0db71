package org.adjoint.nativelib;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.adjoint.BackendException;

/**
 * The folder on disk that shared libraries are copied to, since the system can only open files.
 * Folders are the owner's alone, files appear whole or not at all, and what a file is called says
 * what is in it: a key made of its content, never of a time stamp. It deletes what nobody has used
 * for a day: other versions, and the halves of files that killed processes left. Any of its folders
 * may be deleted while no JVM starts.
 */
final class LibraryCache {
  /** The system property that names another parent folder. */
  static final String PROPERTY = "org.adjoint.cache";

  /** For so long nothing is deleted that some process may still be writing or about to open. */
  private static final Duration KEPT = Duration.ofDays(1);

  private static final String UNFINISHED = ".part";
  private static final int OTHERS_WRITE = 0002;
  private static final int STICKY = 01000;

  private final Path root;

  private LibraryCache(Path root) {
    this.root = root;
  }

  /**
   * Opens the cache: in the folder the property names, else the user's cache folder, else the
   * temporary folder.
   */
  static LibraryCache open() {
    String option = System.getProperty(PROPERTY, "");
    if (!option.isBlank()) {
      return at(Path.of(option));
    }
    String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    Path user = xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
    // A container's user may have no home: the property is then "?".
    if (user.isAbsolute()) {
      try {
        return at(user);
      } catch (BackendException e) {
        // A read-only home: as good as none.
      }
    }
    return at(Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** Opens the cache in a folder of its own below {@code parent}. */
  static LibraryCache at(Path parent) {
    try {
      if (!Files.isDirectory(parent)) {
        Files.createDirectories(parent);
      }
      if (writableByOthers(parent)) {
        throw new IOException("anybody can put another folder in place of one in " + parent);
      }
      // The user's number in the name: a shared parent such as /tmp has one cache for each user.
      return new LibraryCache(ownFolder(parent.resolve("adjoint-" + uid(Path.of("/proc/self")))));
    } catch (IOException e) {
      throw unusable(parent, e);
    }
  }

  /** Returns files with these contents, side by side in a folder that is named after them. */
  List<Path> place(String name, List<PackedLibrary> libraries) {
    CRC32 key = new CRC32();
    for (PackedLibrary library : libraries) {
      key.update((library.name() + library.size() + '.' + library.checksum()).getBytes(UTF_8));
    }
    try {
      Path folder = ownFolder(root.resolve(name + '-' + Long.toHexString(key.getValue())));
      Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
      deleteUnused(name + '-');
      List<Path> files = new ArrayList<>();
      for (PackedLibrary library : libraries) {
        Path file = folder.resolve(library.name());
        if (!holds(file, library)) {
          try (InputStream in = library.resource().openStream()) {
            write(file, in);
          }
        }
        files.add(file);
      }
      return files;
    } catch (IOException e) {
      throw unusable(root, e);
    }
  }

  /**
   * Returns whether a file has the library's bytes. Reading all of OpenBLAS for that takes about 10
   * ms.
   */
  private static boolean holds(Path file, PackedLibrary library) throws IOException {
    if (!Files.exists(file) || Files.size(file) != library.size()) {
      return false;
    }
    CRC32 sum = new CRC32();
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
    try (SeekableByteChannel in = Files.newByteChannel(file)) {
      while (in.read(buffer) >= 0) {
        sum.update(buffer.flip());
        buffer.clear();
      }
    }
    return sum.getValue() == library.checksum();
  }

  private static void write(Path file, InputStream in) throws IOException {
    Path temporary =
        Files.createTempFile(file.getParent(), file.getFileName().toString(), UNFINISHED);
    try {
      Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Deletes other versions of what {@code prefix} names and unfinished files; as far as it can. */
  private void deleteUnused(String prefix) {
    Instant before = Instant.now().minus(KEPT);
    for (Path folder : list(root, before)) {
      if (folder.getFileName().toString().startsWith(prefix)) {
        list(folder, Instant.MAX).forEach(LibraryCache::delete);
        delete(folder);
      }
    }
    for (Path folder : list(root, Instant.MAX)) {
      for (Path file : list(folder, before)) {
        if (file.getFileName().toString().endsWith(UNFINISHED)) {
          delete(file);
        }
      }
    }
  }

  /** Returns what lies in a folder and was last changed before a moment; nothing if it is none. */
  private static List<Path> list(Path folder, Instant before) {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        FileTime changed = Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS);
        if (changed.toInstant().isBefore(before)) {
          found.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return found; // another process deletes as well
    }
    return found;
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // It stays until the next time.
    }
  }

  /** Returns whether all may rename and delete in a folder what is not theirs. */
  private static boolean writableByOthers(Path folder) throws IOException {
    int mode = (Integer) Files.getAttribute(folder, "unix:mode");
    return (mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0;
  }

  /**
   * Makes a folder that no other user can write, or finds it to be one: what lies in it will be
   * run. A link is none: it may be another's, and lead anywhere.
   */
  private static Path ownFolder(Path folder) throws IOException {
    try {
      Files.createDirectory(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(folder + " is a link or a file; delete it", e);
      }
      Set<PosixFilePermission> permissions =
          Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
      if (uid(folder) != uid(Path.of("/proc/self"))
          || permissions.contains(PosixFilePermission.GROUP_WRITE)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new IOException("others than you can write " + folder + "; delete it", e);
      }
    }
    return folder;
  }

  private static int uid(Path path) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid");
  }

  private static BackendException unusable(Path folder, IOException e) {
    return new BackendException(
        "native backend: cannot keep its libraries in "
            + folder
            + " ("
            + e
            + "); name a folder"
            + " that you can write with -D"
            + PROPERTY
            + "=DIR",
        e);
  }
}
