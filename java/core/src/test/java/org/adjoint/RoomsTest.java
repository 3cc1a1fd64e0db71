package org.adjoint;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The rule that holds the house up: nothing imports a room above it, and JavaCPP is known in
 * java/nativelib alone. What Maven modules and module-info do not already forbid is read from the
 * sources here.
 */
class RoomsTest {
  private static final Path JAVA = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern IMPORT =
      Pattern.compile("^import (?:static )?([\\w.]+);", Pattern.MULTILINE);

  /** The words that every room speaks; they import nothing of Adjoint themselves. */
  private static final Set<String> WORDS =
      Set.of(
          "org.adjoint.DType",
          "org.adjoint.Bfloat16",
          "org.adjoint.Shape",
          "org.adjoint.Type",
          "org.adjoint.BackendException",
          "org.adjoint.NativeMemoryException");

  /** What users import from a room below theirs: it reads graphs into that room's formulas. */
  private static final Set<String> FACADES = Set.of("org.adjoint.symbolic.Symbolic");

  private static final Set<String> TOP = Set.of("org.adjoint", "org.adjoint.op");

  /** What lens draws of java/nn, a module below it. */
  private static final Set<String> TRAINING =
      Set.of("org.adjoint.nn.format", "org.adjoint.nn.train");

  /** Rooms, and those that each may import beside its own. */
  private static final Map<String, Set<String>> BELOW =
      Map.ofEntries(
          entry("org.adjoint.scalar", Set.of()),
          entry("org.adjoint.symbolic", Set.of()),
          entry(
              "org.adjoint.internal.symbolic",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.ir",
                  "org.adjoint.symbolic")),
          entry(
              "org.adjoint.internal.compose",
              with(TOP, "org.adjoint.internal.graph", "org.adjoint.internal.ir")),
          entry(
              "org.adjoint.internal.graph",
              with(TOP, "org.adjoint.internal.ir", "org.adjoint.internal.backend")),
          entry(
              "org.adjoint.internal.derive",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.compose",
                  "org.adjoint.internal.ir")),
          entry(
              "org.adjoint.internal.loop",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.derive",
                  "org.adjoint.internal.ir")),
          entry(
              "org.adjoint.internal.run",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.derive",
                  "org.adjoint.internal.compile",
                  "org.adjoint.internal.ir",
                  "org.adjoint.internal.backend")),
          entry(
              "org.adjoint.internal.step",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.derive",
                  "org.adjoint.internal.run",
                  "org.adjoint.internal.ir",
                  "org.adjoint.internal.backend")),
          entry("org.adjoint.op", Set.of("org.adjoint", "org.adjoint.internal.ir")),
          entry("org.adjoint.check", TOP),
          entry("org.adjoint.internal.ir", Set.of()),
          entry("org.adjoint.internal.backend", Set.of("org.adjoint.internal.ir")),
          entry("org.adjoint.internal.compile", Set.of("org.adjoint.internal.ir")),
          entry(
              "org.adjoint.internal.reference",
              Set.of("org.adjoint.internal.ir", "org.adjoint.internal.backend")),
          entry("org.adjoint.lens.picture", Set.of()),
          entry("org.adjoint.lens.chart", Set.of("org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.report",
              with(
                  TRAINING,
                  "org.adjoint.lens.chart",
                  "org.adjoint.lens.page",
                  "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.page",
              Set.of("org.adjoint.lens.chart", "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.modes",
              with(
                  TOP,
                  "org.adjoint.symbolic",
                  "org.adjoint.lens.chart",
                  "org.adjoint.lens.graph",
                  "org.adjoint.lens.page",
                  "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.landscape",
              with(
                  TOP,
                  "org.adjoint.lens.chart",
                  "org.adjoint.lens.page",
                  "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.profile",
              with(
                  TOP,
                  "org.adjoint.internal.run",
                  "org.adjoint.internal.ir",
                  "org.adjoint.lens.graph",
                  "org.adjoint.lens.picture",
                  "org.adjoint.lens.page",
                  "org.adjoint.lens.chart")),
          entry(
              "org.adjoint.lens.graph",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.run",
                  "org.adjoint.internal.ir",
                  "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.stepper",
              with(
                  TOP,
                  "org.adjoint.internal.graph",
                  "org.adjoint.internal.ir",
                  "org.adjoint.symbolic",
                  "org.adjoint.lens.graph",
                  "org.adjoint.lens.page",
                  "org.adjoint.lens.picture")),
          entry(
              "org.adjoint.lens.example",
              with(
                  TOP,
                  "org.adjoint.lens.landscape",
                  "org.adjoint.lens.modes",
                  "org.adjoint.lens.stepper")),
          entry(
              "org.adjoint.lens",
              with(
                  TOP,
                  "org.adjoint.lens.graph",
                  "org.adjoint.lens.landscape",
                  "org.adjoint.lens.modes",
                  "org.adjoint.lens.picture",
                  "org.adjoint.lens.profile",
                  "org.adjoint.lens.stepper")),
          entry(
              "org.adjoint.nativelib",
              Set.of("org.adjoint.internal.ir", "org.adjoint.internal.backend")));

  private static Set<String> with(Set<String> rooms, String... more) {
    Set<String> all = new TreeSet<>(rooms);
    all.addAll(List.of(more));
    return all;
  }

  /** Returns the main sources below a folder; build output comes and goes, and is not looked at. */
  private static List<Path> sources(Path root) throws IOException {
    List<Path> sources = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return folder.endsWith("target")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".java") && file.toString().contains("src/main")) {
              sources.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return sources;
  }

  private static List<String> imports(Path source) throws IOException {
    List<String> names = new ArrayList<>();
    Matcher matcher = IMPORT.matcher(Files.readString(source));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  private static String room(Path source) {
    String path = source.toString().replace('\\', '/');
    String inside = path.substring(path.indexOf("src/main/java/") + "src/main/java/".length());
    return inside.contains("/")
        ? inside.substring(0, inside.lastIndexOf('/')).replace('/', '.')
        : "";
  }

  /** Returns the room of an imported class or constant: all before the first capital letter. */
  private static String roomOf(String imported) {
    return imported.replaceFirst("\\.[A-Z].*", "");
  }

  private static String className(Path source) {
    return room(source) + "." + source.getFileName().toString().replace(".java", "");
  }

  @Test
  void nothingImportsARoomAboveIt() throws IOException {
    Set<String> wrong = new TreeSet<>();
    int read = 0;
    for (Path source : sources(JAVA)) {
      Set<String> allowed = BELOW.get(room(source));
      if (allowed == null || FACADES.contains(className(source))) {
        continue;
      }
      read++;
      for (String name : imports(source)) {
        boolean ours = name.startsWith("org.adjoint.") && !WORDS.contains(name);
        boolean own = roomOf(name).equals(room(source));
        if (ours && !own && !allowed.contains(roomOf(name))) {
          wrong.add(source.getFileName() + " imports " + name);
        }
      }
    }
    assertEquals(Set.of(), wrong);
    assertTrue(read > 30, "read only " + read + " sources under " + JAVA);
  }

  /**
   * Rooms below {@code org.adjoint} know its public classes, which stand in front of them; apart
   * from that door no room is reached from itself.
   */
  @Test
  void roomsFormNoCycle() {
    Set<String> settled = new TreeSet<>(TOP);
    settled.addAll(TRAINING);
    boolean more = true;
    while (more) {
      more = false;
      for (Map.Entry<String, Set<String>> room : BELOW.entrySet()) {
        more |= settled.containsAll(room.getValue()) && settled.add(room.getKey());
      }
    }
    Set<String> circling = new TreeSet<>(BELOW.keySet());
    circling.removeAll(settled);
    assertEquals(Set.of(), circling);
  }

  /** All that org.adjoint holds is public, but for the class that opens it to the rooms below. */
  @Test
  void usersMeetNoMachineryBesideTensor() throws IOException {
    Set<String> hidden = new TreeSet<>();
    int read = 0;
    for (Path source : sources(JAVA.resolve("core"))) {
      if (room(source).equals("org.adjoint")) {
        read++;
        if (!Files.readString(source).contains("\npublic ")) {
          hidden.add(className(source));
        }
      }
    }
    assertEquals(Set.of("org.adjoint.Doors"), hidden);
    assertTrue(read > 15 && read < 40, "org.adjoint has " + read + " sources");
  }

  @Test
  void theWordsImportNothingOfAdjoint() throws IOException {
    for (Path source : sources(JAVA.resolve("core"))) {
      String name = className(source);
      if (WORDS.contains(name)) {
        assertTrue(imports(source).stream().noneMatch(i -> i.startsWith("org.adjoint")), name);
      }
    }
  }

  @Test
  void javacppIsKnownInNativelibAlone() throws IOException {
    Set<String> wrong = new TreeSet<>();
    for (Path source : sources(JAVA)) {
      boolean binds = imports(source).stream().anyMatch(i -> i.startsWith("org.bytedeco"));
      if (binds && !room(source).equals("org.adjoint.nativelib")) {
        wrong.add(source.toString());
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void coreKnowsNoOtherModule() throws IOException {
    for (Path source : sources(JAVA.resolve("core"))) {
      for (String name : imports(source)) {
        assertTrue(
            !name.startsWith("org.adjoint.nn")
                && !name.startsWith("org.adjoint.lens")
                && !name.startsWith("org.adjoint.nativelib"),
            source + " imports " + name);
      }
    }
  }
}
