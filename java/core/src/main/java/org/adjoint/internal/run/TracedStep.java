package org.adjoint.internal.run;

import java.util.Arrays;
import org.adjoint.internal.backend.Backend;

/** The step of a pending graph, for every graph of the same {@link StepTemplate}. */
final class TracedStep extends Step {
  private final StepTemplate template;

  /** Compiles a trace, which has the structure of {@code template}. */
  TracedStep(Backend backend, StepTemplate template, Trace trace) {
    super(backend, trace, donorsByRoot(template, trace));
    this.template = template;
  }

  /** Plain roots come first and take no memory; a version is the only output of its node. */
  private static int[] donorsByRoot(StepTemplate template, Trace trace) {
    int[] donors = new int[trace.roots().size()];
    Arrays.fill(donors, NONE);
    for (int i = 0; i < template.versions(); i++) {
      donors[donors.length - template.versions() + i] = template.donor(i);
    }
    return donors;
  }

  StepTemplate template() {
    return template;
  }
}
