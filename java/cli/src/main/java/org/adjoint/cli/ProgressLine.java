package org.adjoint.cli;

import java.time.Duration;
import java.util.Locale;
import org.adjoint.nn.train.Progress;

/**
 * Shows how a training goes: on a screen one line that is written over, elsewhere one plain line an
 * epoch.
 */
final class ProgressLine implements Progress.Listener {
  private static final long REFRESH_NANOS = 100_000_000;
  private static final String TO_LINE_END = "\u001b[K";

  private final Terminal terminal;
  private long shown = System.nanoTime();
  private boolean open;

  ProgressLine(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void progressed(Progress progress) {
    if (!terminal.interactive()) {
      if (progress.epochDone()) {
        terminal.out().println(text(progress));
      }
      return;
    }
    long now = System.nanoTime();
    if (progress.epochDone() || now - shown >= REFRESH_NANOS) {
      terminal.out().print("\r" + text(progress) + TO_LINE_END);
      terminal.out().flush();
      shown = now;
      open = true;
    }
  }

  /** Ends the line that is being written over, if there is one. */
  void end() {
    if (open) {
      terminal.out().println();
      open = false;
    }
  }

  private static String text(Progress p) {
    int width = String.valueOf(p.epochs()).length();
    return String.format(
        Locale.ROOT,
        "epoch %" + width + "d/%d  loss %.4f  accuracy %.4f  %.0f samples/s  ETA %s",
        p.epoch(),
        p.epochs(),
        p.loss(),
        p.accuracy(),
        p.samplesPerSecond(),
        duration(p.remaining()));
  }

  private static String duration(Duration left) {
    long seconds = left.plusMillis(500).toSeconds();
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
    }
    return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
  }
}
