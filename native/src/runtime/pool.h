/*
 * A context's threads and its permits: however many runs there are, no more than `threads` cores are busy. A run takes
 * one permit, in order of arrival, and works on its own parts; workers join it on permits that nobody waits for. It
 * refuses to know what a part does. Workers spin for a moment after work, then sleep; they take no asynchronous signal.
 */
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
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
  struct Waiting {
    std::condition_variable granted;
    bool has_permit = false;
  };

  static constexpr int32_t kMostShares = 16;

  /* Consecutive parts of a stage, on a cache line of their own. */
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  /*
   * A stage that is being worked on. It lives on its caller's stack. Its parts are cut into shares; a thread begins
   * with the one that is its own in every stage, whose memory its caches know from the stage before, and then helps
   * with the others.
   */
  struct Job {
    Job(const Stage& stage, const Part& part, int64_t lane_bytes, int32_t shares);
    bool has_parts() const;

    const Stage& stage;
    const Part& part;
    const int64_t lane_bytes;
    const int32_t shares_count;
    const int caller_cpu;
    std::atomic<int32_t> helpers{0};
    int32_t lanes = 1; /* the caller's is lane 0 */
    Share shares[kMostShares];
  };

  static void* work_forever(void* pool);
  static void work_on(Job& job, int32_t lane, int32_t worker);
  void enter();
  void leave();
  void worker(int32_t index);
  void give_back_permit(); /* mutex_ held */
  Job* open_job();         /* mutex_ held; null if there is none, or no permit for it */
  void stop();

  const int32_t threads_;
  std::mutex mutex_;
  std::atomic<int32_t> permits_; /* written with mutex_ held; read without by spinning workers */
  std::deque<Waiting*> waiting_;
  std::vector<Job*> jobs_;
  std::atomic<uint64_t> published_{0}; /* counts jobs, for spinning workers */
  std::condition_variable wake_;
  std::condition_variable done_;
  int32_t sleeping_ = 0;
  bool stopping_ = false;
  std::atomic<int32_t> started_{0};
  std::vector<pthread_t> workers_;
};

}  // namespace adjoint
