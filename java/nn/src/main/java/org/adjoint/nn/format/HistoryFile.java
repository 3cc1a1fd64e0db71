package org.adjoint.nn.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.train.History;
import org.adjoint.nn.train.History.Epoch;
import org.adjoint.nn.train.History.Held;
import org.adjoint.nn.train.History.Histogram;
import org.adjoint.nn.train.History.Image;
import org.adjoint.nn.train.History.Mistake;
import org.adjoint.nn.train.History.Score;
import org.adjoint.nn.train.History.Step;
import org.adjoint.nn.train.History.Test;
import org.adjoint.nn.train.History.Weights;

/**
 * A training's {@link History} as a JSON file: an object whose field {@code format} is {@code
 * adjoint-history}, with the fields of the records by their names. What is read is not believed.
 */
public final class HistoryFile {
  private static final String FORMAT = "adjoint-history";
  private static final long VERSION = 1;

  /** Histories are bounded; this is a hundred times what a large one takes. */
  private static final long LARGEST = 64L << 20;

  private static final JsonFactory JSON = new JsonFactory();

  private HistoryFile() {}

  /**
   * Writes a history; the file appears whole or not at all.
   *
   * @throws DataException naming the file and the reason, if it cannot be written
   */
  public static void write(History history, Path file) {
    byte[] text = text(history);
    AtomicFile.write(file, out -> out.write(text));
  }

  /**
   * Returns the history that a file holds.
   *
   * @throws DataException naming file, place and values, if it is not there or no such file
   */
  public static History read(Path file) {
    try {
      long size = Files.size(file);
      if (size > LARGEST) {
        throw new DataException(file, "has " + size + " bytes; a history has at most " + LARGEST);
      }
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      JsonTree whole = JsonTree.parse(file, text);
      if (whole.find("format").filter(f -> f.value().equals(FORMAT)).isEmpty()) {
        throw new DataException(
            file, "is no history of a training: its field 'format' is not '" + FORMAT + "'");
      }
      long version = whole.get("version").whole();
      if (version != VERSION) {
        throw new DataException(file, "has version " + version + "; this program reads " + VERSION);
      }
      return history(whole);
    } catch (NoSuchFileException e) {
      throw new DataException(file, "no such file", e);
    } catch (IOException e) {
      throw new DataException(file, "cannot be read: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new DataException(file, "contradicts itself: " + e.getMessage(), e);
    }
  }

  private static History history(JsonTree json) {
    return new History(
        json.get("name").text(),
        json.get("settings").texts(),
        json.get("gradientLayers").list(JsonTree::text),
        json.get("activationLayers").list(JsonTree::text),
        json.get("steps").list(HistoryFile::step),
        json.get("epochs").list(HistoryFile::epoch),
        json.get("weights").list(HistoryFile::weights),
        json.find("test").map(HistoryFile::test));
  }

  private static Score score(JsonTree json) {
    return new Score(json.get("loss").number(), json.get("accuracy").number());
  }

  private static Step step(JsonTree json) {
    return new Step(
        json.get("number").whole(),
        json.get("epoch").count(),
        score(json),
        json.get("learningRate").number(),
        json.get("gradients").list(JsonTree::number),
        json.get("activations").list(JsonTree::number));
  }

  private static Epoch epoch(JsonTree json) {
    return new Epoch(
        json.get("number").count(),
        json.get("steps").whole(),
        score(json),
        json.find("test").map(HistoryFile::score),
        json.get("rows").whole(),
        json.get("trainingSeconds").number(),
        json.get("testingSeconds").number(),
        new Held(
            json.get("heap").whole(),
            json.get("offHeap").whole(),
            json.get("offHeapPeak").whole()));
  }

  private static Weights weights(JsonTree json) {
    return new Weights(
        json.get("path").text(), histogram(json.get("start")), histogram(json.get("end")));
  }

  private static Histogram histogram(JsonTree json) {
    return new Histogram(
        json.get("from").number(),
        json.get("to").number(),
        json.get("counts").list(JsonTree::whole),
        json.get("notFinite").whole());
  }

  private static Test test(JsonTree json) {
    return new Test(
        score(json),
        json.get("confusion").list(row -> row.list(JsonTree::whole)),
        json.get("mistakes").list(HistoryFile::mistake));
  }

  private static Mistake mistake(JsonTree json) {
    return new Mistake(
        json.get("row").count(),
        json.get("label").count(),
        json.get("predicted").count(),
        json.get("labelProbability").number(),
        json.get("predictedProbability").number(),
        new Image(
            json.get("width").count(), json.get("height").count(), json.get("shades").text()));
  }

  private static byte[] text(History history) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("format", FORMAT);
      json.writeNumberField("version", VERSION);
      json.writeStringField("name", history.name());
      json.writeObjectFieldStart("settings");
      for (var setting : history.settings().entrySet()) {
        json.writeStringField(setting.getKey(), setting.getValue());
      }
      json.writeEndObject();
      texts(json, "gradientLayers", history.gradientLayers());
      texts(json, "activationLayers", history.activationLayers());
      json.writeArrayFieldStart("steps");
      for (Step step : history.steps()) {
        write(json, step);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("epochs");
      for (Epoch epoch : history.epochs()) {
        write(json, epoch);
      }
      json.writeEndArray();
      json.writeArrayFieldStart("weights");
      for (Weights weights : history.weights()) {
        json.writeStartObject();
        json.writeStringField("path", weights.path());
        write(json, "start", weights.start());
        write(json, "end", weights.end());
        json.writeEndObject();
      }
      json.writeEndArray();
      if (history.test().isPresent()) {
        write(json, history.test().get());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // an array in memory cannot fail to be written
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, Step step) throws IOException {
    json.writeStartObject();
    json.writeNumberField("number", step.number());
    json.writeNumberField("epoch", step.epoch());
    write(json, step.score());
    number(json, "learningRate", step.learningRate());
    numbers(json, "gradients", step.gradients());
    numbers(json, "activations", step.activations());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Epoch epoch) throws IOException {
    json.writeStartObject();
    json.writeNumberField("number", epoch.number());
    json.writeNumberField("steps", epoch.steps());
    write(json, epoch.training());
    if (epoch.test().isPresent()) {
      json.writeObjectFieldStart("test");
      write(json, epoch.test().get());
      json.writeEndObject();
    }
    json.writeNumberField("rows", epoch.rows());
    number(json, "trainingSeconds", epoch.trainingSeconds());
    number(json, "testingSeconds", epoch.testingSeconds());
    json.writeNumberField("heap", epoch.memory().heap());
    json.writeNumberField("offHeap", epoch.memory().offHeap());
    json.writeNumberField("offHeapPeak", epoch.memory().offHeapPeak());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String name, Histogram histogram)
      throws IOException {
    json.writeObjectFieldStart(name);
    number(json, "from", histogram.from());
    number(json, "to", histogram.to());
    wholes(json, "counts", histogram.counts());
    json.writeNumberField("notFinite", histogram.notFinite());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Test test) throws IOException {
    json.writeObjectFieldStart("test");
    write(json, test.score());
    json.writeArrayFieldStart("confusion");
    for (List<Long> row : test.confusion()) {
      json.writeStartArray();
      for (long count : row) {
        json.writeNumber(count);
      }
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("mistakes");
    for (Mistake mistake : test.mistakes()) {
      json.writeStartObject();
      json.writeNumberField("row", mistake.row());
      json.writeNumberField("label", mistake.label());
      json.writeNumberField("predicted", mistake.predicted());
      number(json, "labelProbability", mistake.labelProbability());
      number(json, "predictedProbability", mistake.predictedProbability());
      json.writeNumberField("width", mistake.image().width());
      json.writeNumberField("height", mistake.image().height());
      json.writeStringField("shades", mistake.image().shades());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, Score score) throws IOException {
    number(json, "loss", score.loss());
    number(json, "accuracy", score.accuracy());
  }

  private static void number(JsonGenerator json, String name, double x) throws IOException {
    json.writeFieldName(name);
    number(json, x);
  }

  private static void number(JsonGenerator json, double x) throws IOException {
    if (Double.isFinite(x)) {
      json.writeNumber(x);
    } else {
      json.writeString(Double.toString(x));
    }
  }

  private static void numbers(JsonGenerator json, String name, List<Double> xs) throws IOException {
    json.writeArrayFieldStart(name);
    for (double x : xs) {
      number(json, x);
    }
    json.writeEndArray();
  }

  private static void wholes(JsonGenerator json, String name, List<Long> xs) throws IOException {
    json.writeArrayFieldStart(name);
    for (long x : xs) {
      json.writeNumber(x);
    }
    json.writeEndArray();
  }

  private static void texts(JsonGenerator json, String name, List<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }
}
