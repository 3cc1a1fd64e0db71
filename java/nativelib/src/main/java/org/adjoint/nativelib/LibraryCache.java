package org.adjoint.nativelib;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
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
import java.util.function.Consumer;
import java.util.function.Function;
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
   * Returns what {@code use} returns for the first cache with which it succeeds: in the folder the
   * property names, else in the user's cache folder, else in the temporary folder. A folder may be
   * read-only or mounted noexec, or its disk full; which of these is known only once a library was
   * loaded from there.
   *
   * @throws BackendException if {@code use} throws one for each folder, with the reasons
   */
  static <T> T first(Function<LibraryCache, T> use) {
    List<String> reasons = new ArrayList<>();
    BackendException last = null;
    for (String folder : folders()) {
      try {
        return use.apply(at(path(folder)));
      } catch (BackendException e) {
        last = e;
        if (!reasons.contains(e.getMessage())) {
          reasons.add(e.getMessage());
        }
      }
    }
    throw new BackendException(String.join("; elsewhere: ", reasons), last);
  }

  private static List<String> folders() {
    String option = System.getProperty(PROPERTY, "");
    if (!option.isBlank()) {
      return List.of(option);
    }
    String temporary = System.getProperty("java.io.tmpdir");
    String xdg = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
    String user = xdg.isBlank() ? System.getProperty("user.home") + "/.cache" : xdg;
    // A container's user may have no home: the property is then "?".
    return user.startsWith("/") ? List.of(user, temporary) : List.of(temporary);
  }

  private static Path path(String folder) {
    try {
      return Path.of(folder);
    } catch (InvalidPathException e) {
      // A name beyond ASCII in a locale that has only ASCII.
      throw unusable(folder, e);
    }
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
    byte[] buffer = new byte[1 << 18];
    // A stream and no channel: an interrupt of this thread would close the channel.
    try (InputStream in = new FileInputStream(file.toFile())) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sum.update(buffer, 0, n);
      }
    }
    return sum.getValue() == library.checksum();
  }

  /**
   * Runs {@code use} with a copy of a placed file under a name that no other copy has had; the
   * copy's name goes when {@code use} returns, as the files of killed processes go.
   */
  static void withCopy(Path file, Consumer<Path> use) {
    Path copy = null;
    try {
      copy = Files.createTempFile(file.getParent(), file.getFileName().toString(), UNFINISHED);
      try (InputStream in = new FileInputStream(file.toFile())) {
        fill(copy, in);
      }
      use.accept(copy);
    } catch (IOException e) {
      throw unusable(file.getParent(), e);
    } finally {
      if (copy != null) {
        delete(copy);
      }
    }
  }

  private static void fill(Path file, InputStream in) throws IOException {
    try (OutputStream out = new FileOutputStream(file.toFile())) {
      in.transferTo(out);
    }
  }

  private static void write(Path file, InputStream in) throws IOException {
    Path temporary =
        Files.createTempFile(file.getParent(), file.getFileName().toString(), UNFINISHED);
    try {
      fill(temporary, in);
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

  private static BackendException unusable(Object folder, Exception e) {
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
