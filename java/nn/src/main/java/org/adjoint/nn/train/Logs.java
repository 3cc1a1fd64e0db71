package org.adjoint.nn.train;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import de.siegmar.fastcsv.writer.CsvWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Callbacks that write a line about each epoch. A line is appended whole and the file closed again,
 * so that a training that is killed leaves the lines before; a resumed training goes on in its
 * file. Errors of the disk are {@link UncheckedIOException}s and end the training.
 */
public final class Logs {
  private static final JsonFactory JSON = new JsonFactory();

  private Logs() {}

  /**
   * Returns a callback that writes JSON, an object a line: {@code epoch}, {@code steps}, and the
   * {@link EpochReport#figures} by their names. What is not finite is {@code null}.
   */
  public static Callback jsonLines(Path file) {
    return report -> {
      StringWriter line = new StringWriter();
      try (JsonGenerator json = JSON.createGenerator(line)) {
        json.writeStartObject();
        json.writeNumberField("epoch", report.epoch());
        json.writeNumberField("steps", report.steps());
        for (Map.Entry<String, Double> figure : report.figures().entrySet()) {
          if (Double.isFinite(figure.getValue())) {
            json.writeNumberField(figure.getKey(), figure.getValue());
          } else {
            json.writeNullField(figure.getKey());
          }
        }
        json.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      append(file, line + "\n");
      return Callback.Next.GO_ON;
    };
  }

  /**
   * Returns a callback that writes CSV: a header where the file is empty, and then a row an epoch
   * with its number, the steps and the {@link EpochReport#figures}.
   */
  public static Callback csv(Path file) {
    return report -> {
      List<String> names = new ArrayList<>(List.of("epoch", "steps"));
      List<String> values =
          new ArrayList<>(List.of(Integer.toString(report.epoch()), Long.toString(report.steps())));
      report
          .figures()
          .forEach(
              (name, value) -> {
                names.add(name);
                values.add(value.toString());
              });
      StringWriter lines = new StringWriter();
      try (CsvWriter csv = CsvWriter.builder().build(lines)) {
        if (!Files.exists(file) || Files.size(file) == 0) {
          csv.writeRecord(names);
        }
        csv.writeRecord(values);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      append(file, lines.toString());
      return Callback.Next.GO_ON;
    };
  }

  private static void append(Path file, String text) {
    try {
      Files.writeString(
          file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
