package org.adjoint.soak;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * One JVM of a {@link Soak}: runs every test on its class path that is tagged {@code threads}, as
 * often as its argument says, and reports each end as a line on standard output.
 */
final class Repeat {
  /** The tag of tests that use threads. */
  static final String TAG = "threads";

  /** How a line starts that reports a test; then come {@link #PASSED} or a failure, and a name. */
  static final String REPORT = "soak\t";

  /** The second word of a report on a test that went well. */
  static final String PASSED = "passed";

  private static final String FAILED = "failed";

  private Repeat() {}

  /** Runs the tests below the package {@code arguments[1]}, {@code arguments[0]} times. */
  public static void main(String[] arguments) {
    LauncherDiscoveryRequest tests =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectPackage(arguments[1]))
            .filters(TagFilter.includeTags(TAG))
            .build();
    Launcher launcher = LauncherFactory.create();
    for (int i = Integer.parseInt(arguments[0]); i > 0; i--) {
      launcher.execute(tests, new Reporter());
    }
    System.exit(0); // a thread that a failed test left behind must not keep this JVM
  }

  private static final class Reporter implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      boolean failed = result.getStatus() == Status.FAILED;
      if (test.isTest() || failed) {
        System.out.println(REPORT + (failed ? FAILED : PASSED) + "\t" + name(test));
      }
      if (failed) {
        result.getThrowable().ifPresent(error -> error.printStackTrace(System.out));
      }
    }
  }

  private static String name(TestIdentifier test) {
    return test.getSource()
        .map(
            source ->
                source instanceof MethodSource method
                    ? method.getClassName() + "." + method.getMethodName()
                    : source.toString())
        .orElse(test.getDisplayName());
  }
}
