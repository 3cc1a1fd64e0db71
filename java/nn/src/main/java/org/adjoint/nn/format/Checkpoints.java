package org.adjoint.nn.format;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.adjoint.Parameter;
import org.adjoint.Tensor;
import org.adjoint.nn.Part;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.internal.RestoredState;

/**
 * A folder with the two newest checkpoints of a training: all parameters and buffers of a network,
 * and the state of whatever else the next step reads. A training that restores the newest goes on
 * as if it had never stopped, bit for bit.
 *
 * <pre>{@code
 * Map<String, Stateful> states = Map.of("adam", adam, "keys", keys, "loader", loader);
 * Checkpoints checkpoints = Checkpoints.in(folder);
 * long step = checkpoints.restore(network, states).map(Restored::step).orElse(0L);
 * …
 * checkpoints.save(step, network, states);
 * }</pre>
 *
 * <p>A checkpoint is one {@link Safetensors} file, {@code checkpoint-<step>.safetensors}, written
 * by {@link AtomicFile}: at whatever moment a process is killed, the newest file of that name is a
 * whole one. One process writes to a folder at a time.
 */
public final class Checkpoints {
  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{12})\\.safetensors");
  private static final long LAST = 999_999_999_999L;
  private static final String WEIGHTS = "weights";
  private static final String STEP = "adjoint.step";

  /** How many checkpoints a folder keeps: the newest, and one to fall back on. */
  private static final int KEPT = 2;

  private final Path folder;

  private Checkpoints(Path folder) {
    this.folder = folder;
  }

  /**
   * What {@link #restore} found.
   *
   * @param step the step that the checkpoint was saved at
   * @param file the checkpoint
   * @param damaged what is wrong with a newer file that could not be read; empty if there is none
   */
  public record Restored(long step, Path file, Optional<DataException> damaged) {}

  /**
   * Returns the checkpoints of a folder, which is made if there is none.
   *
   * @throws DataException naming the folder and the reason, if it cannot be made
   */
  public static Checkpoints in(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new DataException(folder, "cannot be made a folder: " + e.getMessage(), e);
    }
    return new Checkpoints(folder);
  }

  /**
   * Returns the newest checkpoint's file, empty if the folder has none.
   *
   * @throws DataException naming the folder and the reason, if it cannot be listed
   */
  public Optional<Path> latest() {
    return newestFirst().stream().findFirst();
  }

  /**
   * Writes a checkpoint, and removes all but this and the newest before it.
   *
   * @param step how many steps are done, in [0, 10¹²)
   * @param network what is trained
   * @param states what else the next step reads, by names without {@code /}
   * @throws IllegalArgumentException naming the step or the name, if one is none
   * @throws DataException naming the file and the reason, if it cannot be written, or the folder
   *     has a checkpoint of a later step: it would be restored in place of this one
   */
  public void save(long step, Part network, Map<String, ? extends Stateful> states) {
    if (step < 0 || step > LAST) {
      throw new IllegalArgumentException("checkpoint: step " + step + " is not in 0.." + LAST);
    }
    requireNames(states.keySet());
    for (Path newest : latest().stream().toList()) {
      if (stepOf(newest) > step) {
        throw new DataException(
            folder,
            "has a checkpoint of step "
                + stepOf(newest)
                + ", later than step "
                + step
                + "; restore it before training on, or name an empty folder");
      }
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    network.named().forEach((path, parameter) -> tensors.put(WEIGHTS + "/" + path, parameter));
    states.forEach(
        (name, state) ->
            state.state().forEach((entry, value) -> tensors.put(name + "/" + entry, value)));
    new Safetensors(tensors, Map.of(STEP, Long.toString(step))).write(fileOf(step));
    List<Path> files = newestFirst();
    for (Path old : files.subList(Math.min(KEPT, files.size()), files.size())) {
      try {
        Files.deleteIfExists(old);
      } catch (IOException e) {
        throw new DataException(old, "cannot be removed: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Gives a network and states the values of the newest checkpoint that can be read. If a value has
   * no place, a place no value, or their types differ, nothing changes.
   *
   * @param network what is trained
   * @param states what else the next step reads, by the names that they were saved under
   * @return where training goes on; empty, with nothing changed, if the folder has no checkpoint
   * @throws IllegalArgumentException naming the entry that does not fit
   * @throws DataException naming the file and the place, if there are checkpoints and none can be
   *     read
   */
  public Optional<Restored> restore(Part network, Map<String, ? extends Stateful> states) {
    requireNames(states.keySet());
    Optional<DataException> damaged = Optional.empty();
    for (Path file : newestFirst()) {
      Map<String, Tensor> tensors;
      try {
        tensors = read(file);
      } catch (DataException e) {
        damaged = damaged.or(() -> Optional.of(e));
        continue;
      }
      restore(network, states, tensors);
      return Optional.of(new Restored(stepOf(file), file, damaged));
    }
    if (damaged.isPresent()) {
      throw damaged.get();
    }
    return Optional.empty();
  }

  private static Map<String, Tensor> read(Path file) {
    Safetensors contents = Safetensors.read(file);
    String step = contents.metadata().getOrDefault(STEP, "");
    if (!step.equals(Long.toString(stepOf(file)))) {
      throw new DataException(
          file, "metadata " + STEP + " is '" + step + "', which the file's name is not");
    }
    return contents.tensors();
  }

  private static void restore(
      Part network, Map<String, ? extends Stateful> states, Map<String, Tensor> tensors) {
    Map<String, Map<String, Tensor>> saved = new LinkedHashMap<>();
    tensors.forEach(
        (name, value) -> {
          int slash = name.indexOf('/');
          saved
              .computeIfAbsent(name.substring(0, Math.max(0, slash)), key -> new LinkedHashMap<>())
              .put(name.substring(slash + 1), value);
        });
    Map<String, Parameter> weights = network.named();
    Map<String, Map<String, Tensor>> present = new LinkedHashMap<>();
    present.put(WEIGHTS, new LinkedHashMap<>(weights));
    states.forEach((name, state) -> present.put(name, state.state()));
    present.values().removeIf(Map::isEmpty);
    if (!present.keySet().equals(saved.keySet())) {
      throw new IllegalArgumentException(
          "checkpoint: has the states of "
              + new TreeSet<>(saved.keySet())
              + ", restored are "
              + new TreeSet<>(present.keySet())
              + "; restore what was saved, under the same names");
    }
    present.forEach((name, state) -> RestoredState.require(name, state, saved.get(name)));
    states.forEach((name, state) -> state.restore(saved.getOrDefault(name, Map.of())));
    weights.forEach((path, parameter) -> parameter.assign(saved.get(WEIGHTS).get(path)));
    Tensor.evalAll(List.copyOf(weights.values()));
  }

  private static void requireNames(Set<String> names) {
    for (String name : names) {
      if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(WEIGHTS)) {
        throw new IllegalArgumentException(
            "checkpoint: a state cannot be called '"
                + name
                + "'; a name has no '/' and is not '"
                + WEIGHTS
                + "'");
      }
    }
  }

  private Path fileOf(long step) {
    return folder.resolve(String.format(Locale.ROOT, "checkpoint-%012d.safetensors", step));
  }

  private static long stepOf(Path file) {
    Matcher name = NAME.matcher(file.getFileName().toString());
    if (!name.matches()) {
      throw new AssertionError(file);
    }
    return Long.parseLong(name.group(1));
  }

  private List<Path> newestFirst() {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path file : all) {
        if (NAME.matcher(file.getFileName().toString()).matches()) {
          files.add(file);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new DataException(folder, "cannot be listed: " + e.getMessage(), e);
    }
    files.sort(Comparator.comparingLong(Checkpoints::stepOf).reversed());
    return files;
  }
}
