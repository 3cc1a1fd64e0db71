package org.adjoint.nn.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A callback that writes the figures of each epoch as scalars for TensorBoard, at the step that the
 * epoch ended with.
 *
 * <p>An event file is a row of records: the length as eight bytes, its checksum, the bytes, their
 * checksum, all little-endian; a checksum is CRC-32C, rotated right by 15 bits and raised by
 * a282ead8 (hexadecimal). The bytes are a protocol buffer {@code Event}: {@code wall_time} (1),
 * {@code step} (2), {@code file_version} (3) or {@code summary} (5), which holds {@code value}s (1)
 * of {@code tag} (1) and {@code simple_value} (2). Sources: TensorFlow's {@code record_writer.h},
 * {@code crc32c.h}, {@code event.proto} and {@code summary.proto}.
 */
public final class TensorBoardLog implements Callback {
  private static final int MASK = 0xa282ead8;

  private static final int VARINT = 0;
  private static final int WIDE = 1;
  private static final int BYTES = 2;
  private static final int NARROW = 5;

  private final Path file;

  /**
   * Makes the folder if there is none, and an event file in it.
   *
   * @param folder what {@code tensorboard --logdir} is given, or a folder in it
   * @throws UncheckedIOException if it cannot be written
   */
  public TensorBoardLog(Path folder) {
    long now = System.currentTimeMillis();
    try {
      Files.createDirectories(folder);
      Path free = folder.resolve(name(now, 0));
      for (int i = 1; Files.exists(free); i++) {
        free = folder.resolve(name(now, i));
      }
      file = Files.createFile(free);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Message event = new Message();
    event.number(1, now * 1e-3);
    event.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    append(event);
  }

  private static String name(long now, int number) {
    return "events.out.tfevents." + now / 1000 + ".adjoint." + number;
  }

  /** Returns the event file. */
  public Path file() {
    return file;
  }

  /**
   * Writes the figures of an epoch.
   *
   * @throws UncheckedIOException if the file cannot be written
   */
  @Override
  public Next epochEnded(EpochReport report) {
    Message summary = new Message();
    report
        .figures()
        .forEach(
            (name, figure) -> {
              Message value = new Message();
              value.bytes(1, name.replace(' ', '_').getBytes(StandardCharsets.UTF_8));
              value.narrow(2, figure.floatValue());
              summary.bytes(1, value.toByteArray());
            });
    Message event = new Message();
    event.number(1, System.currentTimeMillis() * 1e-3);
    event.whole(2, report.steps());
    event.bytes(5, summary.toByteArray());
    append(event);
    return Next.GO_ON;
  }

  private void append(Message event) {
    byte[] data = event.toByteArray();
    ByteBuffer out = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(data.length);
    out.putInt(masked(out.array(), 8));
    out.put(data).putInt(masked(data, data.length));
    try {
      Files.write(file, out.array(), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int masked(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  /** A protocol buffer message that is being written. */
  private static final class Message extends ByteArrayOutputStream {
    private void varint(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        write((int) (left & 0x7f | 0x80));
        left >>>= 7;
      }
      write((int) left);
    }

    void whole(int field, long value) {
      varint(field << 3 | VARINT);
      varint(value);
    }

    void number(int field, double value) {
      varint(field << 3 | WIDE);
      fixed(8, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value));
    }

    void narrow(int field, float value) {
      varint(field << 3 | NARROW);
      fixed(4, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value));
    }

    private void fixed(int size, ByteBuffer bytes) {
      write(bytes.array(), 0, size);
    }

    void bytes(int field, byte[] bytes) {
      varint(field << 3 | BYTES);
      varint(bytes.length);
      write(bytes, 0, bytes.length);
    }
  }
}
