package org.adjoint.nn.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.adjoint.nn.data.DataException;

/**
 * Files that appear whole or not at all: written under another name in the same folder, forced to
 * the disk, then renamed over the target. A reader sees the old contents or the new, also after a
 * power failure. It appends to nothing and locks nothing.
 */
public final class AtomicFile {

  private AtomicFile() {}

  /** What writes the contents. */
  @FunctionalInterface
  public interface Body {
    /**
     * Writes the whole contents, from the start of the channel.
     *
     * @throws IOException whatever writing throws
     */
    void write(FileChannel out) throws IOException;
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
    Path temporary = temporary(target);
    try {
      try (FileChannel out =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        body.write(out);
        out.force(true);
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
    return target.resolveSibling(".adjoint-" + random + ".tmp");
  }

  private static void forceFolder(Path folder) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(folder, StandardOpenOption.READ);
    } catch (IOException e) {
      return; // some systems do not open folders; there the rename is as durable as they make it
    }
    try (channel) {
      channel.force(true);
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw failure(temporary, e);
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
