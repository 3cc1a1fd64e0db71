package org.adjoint.lens.stepper;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.adjoint.Tensor;
import org.adjoint.lens.picture.Layout;
import org.adjoint.lens.picture.Layout.Line;
import org.adjoint.lens.picture.Layout.Place;
import org.adjoint.lens.picture.Picture;
import org.adjoint.lens.picture.Picture.Flow;

/**
 * Writes a lesson as the JSON that stepper.js reads; the keys are listed at the top of that file.
 */
final class LessonJson {
  private static final Layout.Size SCALAR = new Layout.Size(140, 72);
  private static final Layout.Size TENSOR = new Layout.Size(150, 104);

  private final Lesson lesson;
  private final Lecture lecture;
  private final Tape tape = new Tape();
  private final List<Tensor> values = new ArrayList<>();

  private LessonJson(Lesson lesson, Lecture lecture) {
    this.lesson = lesson;
    this.lecture = lecture;
  }

  /** Evaluates a lesson, and returns it as JSON. */
  static String of(Lesson lesson, Lecture lecture) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      new LessonJson(lesson, lecture).write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not fail
    }
    return text.toString();
  }

  private void write(JsonGenerator json) throws IOException {
    // The tape is read before anything runs: afterwards graphs may have been cut.
    for (int cell = 0; cell < lesson.cells().size(); cell++) {
      values.add(lesson.value(cell));
      tape.read(lesson.value(cell));
      lesson.gradient(cell).ifPresent(tape::read);
    }
    for (Lesson.Edge edge : lesson.edges()) {
      tape.read(edge.contribution());
      edge.jacobian().ifPresent(tape::read);
    }
    lesson.evaluate();
    json.writeStartObject();
    json.writeStringField("title", lecture.title());
    json.writeStringField("intro", lecture.intro());
    json.writeNumberField("rate", lecture.rate());
    writeCells(json);
    writeEdges(json);
    json.writeFieldName("pathProducts");
    Json.number(json, lesson.pathProducts());
    Optional<String> obstacle = tape.obstacle();
    json.writeFieldName("tape");
    if (obstacle.isEmpty()) {
      tape.write(json, values);
    } else {
      json.writeNull();
      json.writeStringField("obstacle", obstacle.get());
    }
    writeLayout(json, "wide", Flow.RIGHT);
    writeLayout(json, "tall", Flow.DOWN);
    json.writeEndObject();
  }

  private void writeCells(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("cells");
    for (int at = 0; at < lesson.cells().size(); at++) {
      Cell cell = lesson.cells().get(at);
      json.writeStartObject();
      json.writeStringField("name", cell.name());
      json.writeStringField("kind", cell.kind().name().toLowerCase(Locale.ROOT));
      json.writeStringField("dtype", cell.type().dtype().name());
      json.writeFieldName("dims");
      Json.dims(json, cell.type());
      json.writeStringField("formula", lesson.formula(at));
      json.writeStringField("note", lecture.notes().getOrDefault(cell.name(), ""));
      json.writeArrayFieldStart("inputs");
      for (int in : cell.inputs()) {
        json.writeNumber(in);
      }
      json.writeEndArray();
      writeTensor(json, "value", lesson.value(at));
      if (lesson.gradient(at).isPresent()) {
        writeTensor(json, "grad", lesson.gradient(at).get());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Writes a tensor's numbers, and its place on the tape. */
  private void writeTensor(JsonGenerator json, String name, Tensor x) throws IOException {
    json.writeFieldName(name);
    Json.numbers(json, x);
    json.writeNumberField(name + "At", tape.place(x));
  }

  private void writeEdges(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("edges");
    for (Lesson.Edge edge : lesson.edges()) {
      json.writeStartObject();
      json.writeNumberField("cell", edge.cell());
      json.writeNumberField("input", edge.input());
      json.writeStringField("symbol", edge.symbol());
      boolean isAll =
          lesson.gradient(edge.input()).filter(g -> g == edge.contribution()).isPresent();
      if (isAll) {
        json.writeNumberField("partAt", tape.place(edge.contribution()));
      } else {
        writeTensor(json, "part", edge.contribution());
      }
      if (edge.jacobian().isPresent()) {
        writeTensor(json, "local", edge.jacobian().get());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void writeLayout(JsonGenerator json, String name, Flow flow) throws IOException {
    List<Picture.Box> boxes = new ArrayList<>();
    List<Layout.Size> sizes = new ArrayList<>();
    List<Picture.Edge> edges = new ArrayList<>();
    for (int at = 0; at < lesson.cells().size(); at++) {
      Cell cell = lesson.cells().get(at);
      boxes.add(new Picture.Box(cell.name(), cell.name(), "", "", Picture.Kind.OP, ""));
      sizes.add(cell.isScalar() ? SCALAR : TENSOR);
      for (int in : cell.inputs()) {
        edges.add(new Picture.Edge(in, 0, at, ""));
      }
    }
    Layout layout = Layout.of(new Picture.Panel(name, "", flow, boxes, edges), flow, sizes);
    json.writeObjectFieldStart(name);
    json.writeNumberField("width", Math.ceil(layout.width()));
    json.writeNumberField("height", Math.ceil(layout.height()));
    json.writeArrayFieldStart("places");
    for (Place place : layout.places()) {
      Json.numbers(json, rounded(place.x(), place.y(), place.width(), place.height()));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("lines");
    for (Line line : layout.lines()) {
      double[] ends = rounded(line.from(), line.to());
      double[] points =
          rounded(
              line.a().x(),
              line.a().y(),
              line.b().x(),
              line.b().y(),
              line.c().x(),
              line.c().y(),
              line.d().x(),
              line.d().y());
      double[] all = Arrays.copyOf(ends, ends.length + points.length);
      System.arraycopy(points, 0, all, ends.length, points.length);
      Json.numbers(json, all);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static double[] rounded(double... xs) {
    return Arrays.stream(xs).map(x -> Math.round(x * 10) / 10.0).toArray();
  }
}
