package org.adjoint.lens.profile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import org.adjoint.DType;

/** Writes a profile as JSON. */
final class ProfileJson {
  private ProfileJson() {}

  static String of(Profile profile) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      json.writeObjectFieldStart("machine");
      json.writeStringField("backend", profile.machine().backend());
      json.writeNumberField("bandwidth", profile.machine().bandwidth());
      json.writeObjectFieldStart("peaks");
      for (Map.Entry<DType, Double> peak : new TreeMap<>(profile.machine().peaks()).entrySet()) {
        json.writeNumberField(peak.getKey().name(), peak.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
      json.writeArrayFieldStart("programs");
      for (Profile.Program program : profile.programs()) {
        write(json, profile.machine(), program);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not fail
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Machine machine, Profile.Program program)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("nanoseconds", program.nanoseconds());
    json.writeNumberField("runs", program.runs());
    json.writeNumberField("workspaceBytes", program.workspaceBytes());
    json.writeArrayFieldStart("calls");
    for (Call call : program.calls()) {
      json.writeStartObject();
      json.writeNumberField("number", call.number());
      json.writeNumberField("depth", call.depth());
      json.writeStringField("name", call.name());
      json.writeStringField("operands", call.operands());
      json.writeArrayFieldStart("ops");
      for (String op : call.ops()) {
        json.writeString(op);
      }
      json.writeEndArray();
      json.writeStringField("layer", call.layer());
      json.writeStringField("dtype", call.dtype().name());
      json.writeNumberField("nanoseconds", call.nanoseconds());
      json.writeNumberField("runs", call.runs());
      json.writeNumberField("group", call.group());
      json.writeNumberField("bytes", call.bytes());
      json.writeNumberField("operations", call.operations());
      json.writeNumberField("reached", call.nanoseconds() > 0 ? machine.reached(call) : 0);
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
