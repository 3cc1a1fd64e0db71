package org.adjoint.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs, read back by readers that share nothing with the writers. */
class LogsTest {
  private static final List<EpochReport> REPORTS =
      List.of(
          new EpochReport(1, 300, 0.75, 0.5, 1e-3, Map.of("log loss", 0.625)),
          new EpochReport(2, 600, Double.NaN, 0.875, 5e-4, Map.of("log loss", 0.5)));

  @TempDir Path folder;

  @Test
  void jsonHasALineAnEpoch() throws IOException {
    Path file = folder.resolve("log.jsonl");
    REPORTS.forEach(report -> Logs.jsonLines(file).epochEnded(report)); // as if resumed between
    assertEquals(
        List.of(
            "{\"epoch\":1,\"steps\":300,\"loss\":0.75,\"accuracy\":0.5,\"learning rate\":0.001,"
                + "\"validation log loss\":0.625}",
            "{\"epoch\":2,\"steps\":600,\"loss\":null,\"accuracy\":0.875,\"learning rate\":5.0E-4,"
                + "\"validation log loss\":0.5}"),
        Files.readAllLines(file));
  }

  @Test
  void csvHasAHeaderAndARowAnEpoch() throws IOException {
    Path file = folder.resolve("log.csv");
    REPORTS.forEach(report -> Logs.csv(file).epochEnded(report));
    assertEquals(
        List.of(
            "epoch,steps,loss,accuracy,learning rate,validation log loss",
            "1,300,0.75,0.5,0.001,0.625",
            "2,600,NaN,0.875,5.0E-4,0.5"),
        Files.readAllLines(file));
  }

  @Test
  void tensorBoardReadsEachFigureAtItsStep() throws IOException {
    TensorBoardLog log = new TensorBoardLog(folder.resolve("runs"));
    TensorBoardLog second = new TensorBoardLog(folder.resolve("runs"));
    assertTrue(!log.file().equals(second.file()));
    REPORTS.forEach(log::epochEnded);
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(log.file())).order(ByteOrder.LITTLE_ENDIAN);
    List<Map<String, Object>> events = new ArrayList<>();
    while (file.hasRemaining()) {
      byte[] length = take(file, 8);
      assertEquals(checksum(length), file.getInt());
      byte[] data =
          take(file, (int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong());
      assertEquals(checksum(data), file.getInt());
      events.add(message(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN), "event"));
    }
    assertEquals(3, events.size());
    assertEquals("brain.Event:2", events.get(0).get("version"));
    for (int i = 0; i < 2; i++) {
      Map<String, Object> event = events.get(i + 1);
      double seconds = (double) event.get("time");
      assertEquals(System.currentTimeMillis() * 1e-3, seconds, 3600);
      assertEquals(REPORTS.get(i).steps(), event.get("step"));
      Map<String, Object> scalars = new LinkedHashMap<>();
      REPORTS.get(i).figures().forEach((n, x) -> scalars.put(n.replace(' ', '_'), x.floatValue()));
      assertEquals(scalars, event.get("scalars"));
    }
  }

  private static byte[] take(ByteBuffer from, int length) {
    byte[] bytes = new byte[length];
    from.get(bytes);
    return bytes;
  }

  /** CRC-32C bit by bit (RFC 3720, appendix B.4), masked. */
  private static int checksum(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
      }
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = from.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }

  /** Reads an Event, a Summary or a Value, whichever is expected. */
  private static Map<String, Object> message(ByteBuffer from, String kind) {
    Map<String, Object> read = new LinkedHashMap<>();
    while (from.hasRemaining()) {
      String field = kind + varint(from);
      switch (field) {
        case "event9" -> read.put("time", from.getDouble());
        case "event16" -> read.put("step", varint(from));
        case "event26" -> read.put("version", text(from));
        case "event42" -> read.put("scalars", message(nested(from), "summary"));
        case "summary10" -> {
          Map<String, Object> value = message(nested(from), "value");
          read.put((String) value.get("tag"), value.get("value"));
        }
        case "value10" -> read.put("tag", text(from));
        case "value21" -> read.put("value", from.getFloat());
        default -> throw new IllegalStateException("no field has the key " + field);
      }
    }
    return read;
  }

  private static ByteBuffer nested(ByteBuffer from) {
    byte[] bytes = take(from, (int) varint(from));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String text(ByteBuffer from) {
    return new String(take(from, (int) varint(from)), StandardCharsets.UTF_8);
  }
}
