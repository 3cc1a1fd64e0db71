/*
 * A context's threads and its permits: however many runs there are, no more than `threads` cores are busy. A run takes
 * one permit, in order of arrival, and works on its own parts; workers join it on permits that nobody waits for. It
 * refuses to know what a part does. Workers spin for a moment after work, then sleep; they take no asynchronous signal.
 * A stage may last no longer than a few cache lines take from core to core: what is busy meets in atomics, and the
 * mutex is for those that sleep.
 */
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "kernels/kernel.h"

namespace adjoint {

class Pool {
 public:
  /* Starts threads - 1 workers; throws Error if the system has no more. */
  explicit Pool(int32_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int32_t threads() const { return threads_; }

  /* A permit, held for the length of a run. */
  class Permit {
   public:
    explicit Permit(Pool& pool) : pool_(pool) { pool_.enter(); }
    ~Permit() { pool_.leave(); }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    Pool& pool_;
  };

  /* Runs all parts of a stage, on the calling thread, which holds a permit, and on workers. Lane i has its scratch at
   * `part.lane + i * lane_bytes`; there are at most threads() lanes. */
  void run(const Stage& stage, const Part& part, int64_t lane_bytes);

 private:
  /* A run that waits for a permit, on its own stack: waiting takes no memory. */
  struct Waiting {
    std::condition_variable granted;
    bool has_permit = false;
    Waiting* next = nullptr;
  };

  static constexpr int32_t kMostShares = 16;

  /* Consecutive parts of a stage, on a cache line of their own. */
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  /*
   * A stage that is being worked on. Its parts are cut into shares; a thread begins with the one that is its own in
   * every stage, whose memory its caches know from the stage before, and then helps with the others. The pool owns the
   * memory, so that a worker that comes too late finds a job that is not open instead of a stack that has gone.
   */
  struct alignas(64) Job {
    static constexpr uint32_t kTaken = 1u << 31, kOpen = 1u << 30, kAwaited = 1u << 29, kHelpers = kAwaited - 1;

    /* Ordered among all threads, as published_ and sleeping_ are: who is about to sleep and who publishes or leaves
     * cannot both miss each other, whichever third thread opened the job. */
    bool is_open() const { return (state.load(std::memory_order_seq_cst) & kOpen) != 0; }
    bool has_helpers() const { return (state.load(std::memory_order_acquire) & kHelpers) != 0; }
    void open(const Stage& stage, const Part& part, int64_t lane_bytes, int32_t shares);
    bool join();

    /* Whether a run has it, whether workers may join, whether the run sleeps until they have left; how many are in. */
    std::atomic<uint32_t> state{0};
    std::atomic<int> caller_cpu{-1};
    int32_t shares_count;
    int64_t lane_bytes;
    const Stage* stage;
    const Part* part;
    Share shares[kMostShares];
  };

  static void* work_forever(void* pool);
  static void work_on(Job& job, int32_t thread);
  void enter();
  void leave();
  void worker(int32_t index);
  bool try_enter();
  Job& take_job();
  Job* open_job() const; /* null if there is none, or no permit for it */
  void await_helpers(Job& job);
  void leave_job(Job& job);
  void sleep(uint64_t seen);
  void stop();

  const int32_t threads_;
  const std::unique_ptr<Job[]> jobs_;              /* as many as there are permits */
  alignas(64) std::atomic<uint64_t> published_{0}; /* counts jobs, for workers that look for one */
  alignas(64) std::atomic<int32_t> permits_;       /* that are free; less than 0: so many runs wait for one */
  std::atomic<int32_t> sleeping_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<int32_t> started_{0};
  std::mutex mutex_; /* of all below */
  Waiting *first_waiting_ = nullptr, *last_waiting_ = nullptr;
  int32_t granted_early_ = 0; /* permits for runs that wait for one and are not in the queue yet */
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<pthread_t> workers_;
};

}  // namespace adjoint
