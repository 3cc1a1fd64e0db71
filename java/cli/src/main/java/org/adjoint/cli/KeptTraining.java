package org.adjoint.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.adjoint.nn.Part;
import org.adjoint.nn.Stateful;
import org.adjoint.nn.data.DataException;
import org.adjoint.nn.format.Checkpoints;
import org.adjoint.nn.train.Callback;
import org.adjoint.nn.train.EpochReport;

/** A training that is saved behind each epoch, so that a later one goes on where it ended. */
final class KeptTraining implements Callback {
  private final Path folder;
  private final Checkpoints checkpoints;
  private final Part network;
  private final Map<String, Stateful> states = new LinkedHashMap<>();

  /**
   * Keeps a training.
   *
   * @param folder where checkpoints go; made if there is none
   * @param settings what has to be as before where a training goes on
   * @throws DataException naming the folder and the reason, if it cannot be made
   */
  KeptTraining(Path folder, Part network, Stateful optimizer, TrainingSettings settings) {
    this.folder = folder;
    this.checkpoints = Checkpoints.in(folder);
    this.network = network;
    states.put("optimizer", optimizer);
    states.put("settings", settings);
  }

  /**
   * Returns how many steps were made before, 0 if a new training begins.
   *
   * @param resume whether to go on with the training in the folder
   * @throws DataException naming the folder, if it has a training that is not to be gone on with,
   *     that had other settings, or that cannot be read
   */
  long begin(boolean resume, Terminal terminal) {
    if (!resume) {
      checkpoints
          .latest()
          .ifPresent(
              file -> {
                throw new DataException(
                    folder,
                    "has a training already ("
                        + file.getFileName()
                        + "); --resume goes on with it, another folder begins anew");
              });
      return 0;
    }
    Optional<Checkpoints.Restored> restored;
    try {
      restored = checkpoints.restore(network, states);
    } catch (IllegalArgumentException e) {
      throw new DataException(folder, e.getMessage(), e);
    }
    if (restored.isEmpty()) {
      terminal.out().println(folder + " has no checkpoint: the training begins anew");
      return 0;
    }
    restored
        .get()
        .damaged()
        .ifPresent(e -> terminal.err().println("adjoint: passed over: " + e.getMessage()));
    terminal.out().println("resumed behind step " + restored.get().step());
    return restored.get().step();
  }

  /** Saves the training as it is behind a step. */
  void save(long steps) {
    checkpoints.save(steps, network, states);
  }

  @Override
  public Next epochEnded(EpochReport report) {
    save(report.steps());
    return Next.GO_ON;
  }
}
