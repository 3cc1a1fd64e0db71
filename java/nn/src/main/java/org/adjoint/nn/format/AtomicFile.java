package org.adjoint.nn.format;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.adjoint.nn.data.DataException;

/**
 * Files that appear whole or not at all: written under another name in the same folder, forced to
 * the disk, then renamed over the target. A reader sees the old contents or the new, also after a
 * power failure. Nothing is ever appended to a file.
 *
 * <p>A process that is killed while it writes leaves its temporary file, {@code .adjoint-<16
 * digits>.tmp}. {@link #write} removes those of its folder that are abandoned: a day old, and
 * locked by nobody, since every writer locks its temporary file while it writes.
 */
public final class AtomicFile {
  private static final String TEMPORARIES = ".adjoint-*.tmp";
  private static final Duration ABANDONED = Duration.ofDays(1);

  /**
   * The names of this process' own temporary files. They are never opened for a look: some systems
   * release all locks of a process on a file as soon as it closes the file once.
   */
  private static final Set<String> OWN = ConcurrentHashMap.newKeySet();

  private AtomicFile() {}

  /** What writes the contents. */
  @FunctionalInterface
  public interface Body {
    /**
     * Writes the whole contents; interrupting the thread does not disturb the stream.
     *
     * @throws IOException whatever writing throws
     */
    void write(OutputStream out) throws IOException;
  }

  /**
   * Writes a file. If anything fails, the target is what it was before and no other file is left.
   *
   * @param file the target; an existing regular file is replaced, a symbolic link is followed
   * @param body what writes the contents
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public static void write(Path file, Body body) {
    Path target = target(file);
    removeAbandoned(target.getParent());
    Path temporary = temporary(target);
    try {
      Files.createFile(temporary);
      // A stream and no channel: an interrupt of this thread would close the channel.
      try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
        lock(out.getChannel());
        body.write(out);
        out.getFD().sync();
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      forceFolder(target.getParent());
    } catch (IOException e) {
      throw failure(file, e);
    } finally {
      discard(temporary);
    }
  }

  /**
   * Tries whether {@link #write} could work, by making and removing an empty file in the folder.
   * The target is not touched.
   *
   * @throws DataException naming the file and the reason, if it could not
   */
  public static void requireWritable(Path file) {
    Path temporary = temporary(target(file));
    try {
      FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
    } catch (IOException e) {
      throw failure(file, e);
    } finally {
      discard(temporary);
    }
  }

  private static Path target(Path file) {
    Path target = file.toAbsolutePath();
    try {
      if (Files.exists(target)) {
        target = target.toRealPath();
      }
    } catch (IOException e) {
      throw failure(file, e);
    }
    if (Files.isDirectory(target)) {
      throw new DataException(file, "is a folder; name a file to write");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new DataException(file, "is not a regular file and would be replaced by one");
    }
    if (target.getParent() == null || !Files.isDirectory(target.getParent())) {
      throw new DataException(file, "the folder " + target.getParent() + " does not exist");
    }
    return target;
  }

  private static Path temporary(Path target) {
    String random = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    Path temporary = target.resolveSibling(".adjoint-" + random + ".tmp");
    OWN.add(temporary.getFileName().toString());
    return temporary;
  }

  /** Locks a temporary file until its channel is closed, or its process killed. */
  private static void lock(FileChannel out) {
    try {
      out.tryLock();
    } catch (IOException e) {
      // no locks on this file system: nobody can take one to remove the file either
    }
  }

  /** Removes what killed processes have left; what cannot be looked at stays. */
  private static void removeAbandoned(Path folder) {
    Instant newest = Instant.now().minus(ABANDONED);
    try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(folder, TEMPORARIES)) {
      for (Path temporary : temporaries) {
        removeIfAbandoned(temporary, newest);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // a folder that may be written but not listed
    }
  }

  private static void removeIfAbandoned(Path temporary, Instant newest) {
    if (OWN.contains(temporary.getFileName().toString())) {
      return;
    }
    try {
      BasicFileAttributes now =
          Files.readAttributes(temporary, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (!now.isRegularFile() || now.lastModifiedTime().toInstant().isAfter(newest)) {
        return;
      }
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE);
          FileLock lock = channel.tryLock()) {
        if (lock != null) {
          Files.deleteIfExists(temporary);
        }
      }
    } catch (IOException e) {
      // another user's, or gone meanwhile
    }
  }

  private static void forceFolder(Path folder) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (!forceFolderUnlessInterrupted(folder)) {
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns false if an interrupt of this thread closed the channel meanwhile. */
  private static boolean forceFolderUnlessInterrupted(Path folder) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(folder, StandardOpenOption.READ);
    } catch (IOException e) {
      return true; // some systems open no folder; there a rename is as durable as they make it
    }
    try (channel) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException e) {
      return false;
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw failure(temporary, e);
    } finally {
      OWN.remove(temporary.getFileName().toString());
    }
  }

  private static DataException failure(Path file, IOException e) {
    String reason = e.getMessage();
    if (e instanceof AccessDeniedException) {
      reason = "permission denied";
    } else if (e instanceof FileSystemException f && f.getReason() != null) {
      reason = f.getReason();
    }
    return new DataException(file, "cannot be written: " + reason, e);
  }
}
