package org.adjoint.lens.stepper;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** Says in a build without a browser that what src/browser holds was not run. */
class BrowserTest {
  @Test
  void pagesAreTriedInABrowser() {
    assumeTrue(
        Boolean.getBoolean("adjoint.browser"),
        "the pages were not opened in a browser: -Pbrowser does, with chromium and chromium-driver");
    assertDoesNotThrow(() -> Class.forName("org.adjoint.lens.stepper.StepperBrowserTest"));
  }
}
