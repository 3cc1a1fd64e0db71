package org.adjoint.nativelib;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory the container or the machine has. The JVM's own figure knows about nested
 * containers; where the JVM has none to give, because the runtime image lacks {@code
 * jdk.management} or the locale cannot write the current folder's name, Linux is asked.
 */
final class SystemMemory {
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final String TOTAL = "MemTotal:";

  /** The limit of the process' own container, version 2 and version 1 of control groups. */
  private static final List<Path> LIMITS =
      List.of(
          Path.of("/sys/fs/cgroup/memory.max"),
          Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

  private SystemMemory() {}

  /** Returns the bytes of the container or machine, 0 if nothing knows. */
  static long bytes() {
    try {
      return Bean.bytes();
    } catch (LinkageError | RuntimeException e) {
      return bytes(MACHINE, LIMITS);
    }
  }

  /** A class of its own, so that a runtime without the module can load the outer one. */
  private static final class Bean {
    private Bean() {}

    static long bytes() {
      return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }
  }

  /** Returns the smallest of what these files of Linux say, 0 if none says anything. */
  static long bytes(Path machine, List<Path> limits) {
    long least = Long.MAX_VALUE;
    for (String line : lines(machine)) {
      if (line.startsWith(TOTAL)) {
        String kibibytes = line.substring(TOTAL.length()).replace("kB", "").strip();
        least = Math.min(least, number(kibibytes) << 10);
      }
    }
    for (Path limit : limits) {
      for (String line : lines(limit)) {
        least = Math.min(least, number(line.strip()));
      }
    }
    return least == Long.MAX_VALUE ? 0 : least;
  }

  /** Returns a number below 10¹⁵, else 2⁵²: "max", and what version 1 says for no limit. */
  private static long number(String text) {
    return text.matches("[0-9]{1,15}") ? Long.parseLong(text) : 1L << 52;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
